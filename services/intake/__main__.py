from chassis.main import run
from services.intake.app import VERSIONS, build
from services.intake.settings import Settings

run("intake", Settings, build, VERSIONS)
