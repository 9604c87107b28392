from chassis.main import run
from services.console.app import VERSIONS, build
from services.console.settings import Settings

run("console", Settings, build, VERSIONS)
