from chassis.main import run
from services.exchange.app import VERSIONS, build
from services.exchange.settings import Settings

run("exchange", Settings, build, VERSIONS)
