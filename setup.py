"""The package list: `src/thaw`, and the two folders at the root that are `thaw.components` and `thaw.pipelines`."""

from setuptools import find_packages, setup

ROOTS = {"thaw.components": "components", "thaw.pipelines": "pipelines"}

setup(
    package_dir={"": "src", **ROOTS},
    packages=[
        *find_packages("src"),
        *ROOTS,
        *(f"{name}.{package}" for name, folder in ROOTS.items() for package in find_packages(folder)),
    ],
)
