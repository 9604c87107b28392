"""A person's age as a case's row has it."""

from chassis.rows import RowReader
from services.intake.casefile.domain.age import Age
from services.intake.casefile.store.tables import CASES

AGES = RowReader(Age, CASES, group="age_group", basis="age_basis", doubted="age_doubted")


def age_row(age: Age) -> dict[str, object]:
    return {"age_group": age.group, "age_basis": age.basis, "age_doubted": age.doubted}
