from chassis.main import run
from services.referral.app import VERSIONS, build
from services.referral.settings import Settings

run("referral", Settings, build, VERSIONS)
