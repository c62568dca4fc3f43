"""What is in the function's zip."""

from local.cloud import Cloud


def test_each_module_has_bytecode_that_does_not_outlive_an_edit(cloud: Cloud) -> None:
    built = cloud.directory / "build" / "template" / "ProviderFunction"

    flags = set()
    for file in built.rglob("*.py"):
        (bytecode,) = file.parent.glob(f"__pycache__/{file.stem}.*.pyc")
        flags.add(bytecode.read_bytes()[4:8])

    # It has a hash of its source (PEP 552), which is compared.
    assert flags == {b"\x03\0\0\0"}
