from chassis.main import run
from services.interchange.app import VERSIONS, build
from services.interchange.settings import Settings

run("interchange", Settings, build, VERSIONS)
