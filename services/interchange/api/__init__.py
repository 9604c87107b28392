"""The HTTP surface of interchange: files that are taken in, and files that go out."""

from chassis.web.routes import gathered
from services.interchange.api import exports, outcomes, uploads

router = gathered(uploads.router, outcomes.router, exports.router)
