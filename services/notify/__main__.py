from chassis.main import run
from services.notify.app import VERSIONS, build
from services.notify.settings import Settings

run("notify", Settings, build, VERSIONS)
