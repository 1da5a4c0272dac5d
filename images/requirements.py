"""Print what pyproject.toml requires, one a line, with the extras named as arguments: the layer under the code.

An image that installs this list first and the package after it keeps its large layer when only the code changes.
"""

import re
import sys
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]


def expand(requirement: str) -> list[str]:
    """An extra that names other extras of this project becomes what those require."""
    own = re.fullmatch(rf"{project['name']}\[(.+)\]", requirement)
    return extras(own[1].split(",")) if own else [requirement]


def extras(names: list[str]) -> list[str]:
    return [each for name in names for line in project["optional-dependencies"][name.strip()] for each in expand(line)]


print(*project["dependencies"], *extras(sys.argv[1:]), sep="\n")
