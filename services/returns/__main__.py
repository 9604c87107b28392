from chassis.main import run
from services.returns.app import VERSIONS, build
from services.returns.settings import Settings

run("returns", Settings, build, VERSIONS)
