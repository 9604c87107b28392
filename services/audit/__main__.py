from chassis.main import run
from services.audit.app import VERSIONS, build
from services.audit.settings import Settings

run("audit", Settings, build, VERSIONS)
