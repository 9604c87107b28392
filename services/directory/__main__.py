from chassis.main import run
from services.directory.app import VERSIONS, build
from services.directory.settings import Settings

run("directory", Settings, build, VERSIONS)
