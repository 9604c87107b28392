"""`python -m deploy.compose.issuer TH`: the local issuer of a cell as a container. Development only."""

import asyncio
import sys

from chassis.web.http_server import server
from deploy.compose.cell import ISSUER, PORT, ROOT, console_url, issuer_url
from deploy.local.issuer import build_issuer
from deploy.local.people import load_machines, load_people

if __name__ == "__main__":
    code = sys.argv[1]
    own = ROOT / code.lower() / ISSUER
    key, url = own / "issuer.jwk.json", issuer_url(code)
    app = build_issuer(key, url, load_people(code), load_machines(code), console=console_url(code))
    asyncio.run(server(app, "0.0.0.0", PORT, tls=(str(own / "tls.pem"), str(own / "tls.key"))).serve())
