"""What the directory holds in these tests."""

from services.directory.forms import SeedFile

RECIPIENT = "kh-reintegration-agency"
DIRECTORY = SeedFile.model_validate(
    {
        "organisations": [
            {
                "id": RECIPIENT,
                "name": "Reintegration Agency",
                "role": "reintegration",
                "services": {"reintegration": {"name": "Reintegration", "service": "reintegration"}},
            },
            {
                "id": "th-shelter",
                "name": "Shelter",
                "role": "shelter",
                "services": {
                    "beds": {"name": "Beds", "service": "shelter", "capacity": "waitlist"},
                    "closed": {"name": "Law clinic", "service": "legal", "status": "defunct"},
                },
            },
            {"id": "kh-gone", "name": "Gone", "role": "health", "status": "defunct"},
        ]
    }
)
