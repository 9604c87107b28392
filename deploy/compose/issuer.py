"""`python -m deploy.compose.issuer TH`: the local issuer of a cell as a container. Development only."""

import sys

import uvicorn

from deploy.compose.cell import PORT, ROOT, issuer_url
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people

if __name__ == "__main__":
    code = sys.argv[1]
    key = ROOT / code.lower() / "keys" / "issuer.jwk.json"
    uvicorn.run(
        build_issuer(key, issuer_url(code), load_people(code)),
        host="0.0.0.0",
        port=PORT,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
