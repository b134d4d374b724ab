"""asv's name for a machine."""

from antigil.history.machine_name import machine_name


def test_a_machines_name_follows_its_cpu_and_the_number_of_cpus():
    assert machine_name("AMD EPYC 7763 64-Core Processor", 4) == "amd-epyc-7763-64-core-processor-4cpu"
    assert (
        machine_name("Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz", 2) == "intel-xeon-e5-2673-v4-2.30ghz-2cpu"
    )
    assert machine_name("", 2) == "unknown-2cpu"
