from chassis.main import run
from services.consent.app import VERSIONS, build
from services.consent.settings import Settings

run("consent", Settings, build, VERSIONS)
