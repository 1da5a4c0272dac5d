"""The one exception a user is meant to see."""


class InputError(ValueError):
    """Wrong input: `what` is wrong and what to `do` about it. The command line prints both on one line and exits 2.

    >>> str(InputError("there is only one class, 'cat'", "add rows of a second class"))
    "there is only one class, 'cat': add rows of a second class"
    """

    def __init__(self, what: str, do: str) -> None:
        super().__init__(" ".join(f"{what}: {do}".split()))
        self.what = what
        self.do = do
