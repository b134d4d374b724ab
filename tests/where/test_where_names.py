"""Names: demangled, looked up, and what they say of waiting and growth."""

import ctypes
import platform
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from antigil.where.classify import ends_in_atomic, kind_of_growth, waits_for
from antigil.where.object_files import Elf, demangle
from antigil.where.stacks import named_stacks, up_to_python
from antigil.where.symbols import LINKAGE, Names
from antigil.where.unwind import Place


@pytest.mark.parametrize(
    ("mangled", "name"),
    [
        ("ZSTD_cpuid", "ZSTD_cpuid"),
        ("decode.cold", "decode"),
        ("decode.constprop.0.isra.0", "decode"),
        ("pthread_cond_wait@@GLIBC_2.3.2", "pthread_cond_wait"),
        (
            "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
            "core::ptr::drop_in_place<alloc::string::String>",
        ),
        ("_ZN3foo3Bar3runEi", "foo::Bar::run"),
        ("_ZN3foo3BarIiE3runERKSt6vectorIiSaIiEE", "foo::Bar::run"),
        ("_ZN3fooplERKNS_3BarE", "foo::operator+"),
        ("_Znwm", "operator new"),
        ("_ZdaPvm", "operator delete[]"),
        ("_ZN3FooclEi", "Foo::operator()"),
        ("_ZN3FooixEi", "Foo::operator[]"),
        ("_ZNK3FooptEv", "Foo::operator->"),
        ("_ZNK3FoocvbEv", "Foo::operator bool"),
        ("_ZNK3FoocvPKcEv", "Foo::operator char const*"),
        ("_ZNK3FoocvSt8functionIFviEEEv", "Foo::operator std::function<void (int)>"),
        ("_ZN3foolsIiEERSoS1_RKNS_3BarIT_EE", "foo::operator<<"),
        ("_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<"),
        ("_ZN3foogtERKNS_3BarES2_", "foo::operator>"),
        ("_ZN3foossERKNS_3BarES2_", "foo::operator<=>"),
        ("_ZN9operators3runEi", "operators::run"),
        ("_ZN3foo12for_operatorIiE3runEi", "foo::for_operator::run"),
        ("__pyx_pw_7msgpack_9_cmsgpack_3unpackb", "msgpack._cmsgpack.unpackb"),
        ("__pyx_pf_4lxml_5etree_8_Element_10append", "lxml.etree._Element.append"),
        ("__pyx_tp_dealloc_4lxml_5etree__Element", "__pyx_tp_dealloc_4lxml_5etree__Element"),
        ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
        ("_RNvMNtCs1234_7mycrate5innerNtB2_6Parser5parse", "mycrate::inner::Parser::parse"),
        ("_RINvCs1234_7mycrate4fillKj400_NtB2_3BoxEB2_.llvm.77", "mycrate::fill::Box"),
        ("_RINvCs1234_7mycrate4fillAhj20_EB2_", "mycrate::fill"),
        ("_RINvMs1_INtCs12_5crate5ArraysE9map_inneryEB6_", "crate::Array::map_inner"),
        ("_RC4_set_key", "_RC4_set_key"),
        ("_RIPEMD160_init", "_RIPEMD160_init"),
        ("_RNCs_90of_these", "_RNCs_90of_these"),
        ("_ZZNK4Pool4growEmENKUlPcE_clES0_", "Pool::grow::{lambda#1}::operator()"),
        ("_ZZN4PoolclEvENKUlvE_clEv", "Pool::operator()::{lambda#1}::operator()"),
        ("_ZNKR4Pool5firstEv", "Pool::first"),
        ("_ZNO4Pool4takeEv", "Pool::take"),
        ("_ZNVK4Pool4sizeEv", "Pool::size"),
        ("_ZN4Pool4growEm.part.0.cold", "Pool::grow"),
        ("_ZN4Pool4growEm.avx512f.1", "Pool::grow"),
        ("_ZNK4Pool4sizeEv.localalias", "Pool::size"),
        ("_ZN2ns1AIXgtLi5ELi3EEE1fEi", "ns::A::f"),
        ("_ZN2ns3getIiEEPFT_S1_Ev", "ns::get"),
        ("_ZN2ns1fIPiEEDTdefp_ET_", "ns::f"),
        ("fill.arch_x86_64_v4", "fill"),
        ("fill._omp_fn.2", "fill"),
        ("runtime.fill", "runtime.fill"),
    ],
)
def test_demangled(mangled, name):
    assert demangle(mangled) == name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("void ns::f<int>(int) requires C<int>", "ns::f"),
        ("ns::Box<int>::get() const & requires (C<int>)&&(D<int>)", "ns::Box::get"),
        ("ns::Box<&ns::operator< <int> >::get()", "ns::Box::get"),
        ("int (& ns::row(ns::Grid const&, int))[4]", "ns::row"),
        ("void (Pool::*ns::method())(int)", "ns::method"),
        ("Pool::operator void (Pool::*)()() const", "Pool::operator void"),
    ],
)
def test_what_is_told_beside_a_name_is_left_out(told, name, monkeypatch):
    """In words of newer C++ libraries, too."""
    module = import_module(demangle.__module__)
    monkeypatch.setattr(module, "_cxa_demangle", lambda mangled: told)

    assert demangle.__wrapped__("_Zanything") == name


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["__futex_abstimed_wait_common", "pthread_cond_timedwait", "take_gil"], "the GIL"),
        (["__lll_lock_wait", "pthread_mutex_lock", "update_index"], "a C or C++ mutex"),
        (["syscall", "std::sys::sync::mutex::futex::Mutex::lock_contended", "scan"], "a Rust lock"),
        (["_PySemaphore_Wait", "_PyParkingLot_Park", "_PyMutex_LockTimed"], "a mutex of CPython"),
        (["_PyMutex_LockTimed", "_PyCriticalSection_BeginSlow", "dict_update"], "a critical section"),
        (["clock_nanosleep", "time_sleep"], "sleep"),
        (["__GI___poll", "wait_for_reply"], "something else"),
        (["poll", "wait_for_reply"], "I/O (poll)"),
        (["pthread_cond_wait", "wait_for_pool"], "a condition variable"),
    ],
)  # fmt: skip
def test_what_is_waited_for(names, reason):
    assert waits_for(names, has_gil=True, in_interpreter=False) == reason


def test_without_a_gil_to_come_back_is_to_wait_for_a_stop_of_all_threads():
    names = ["pthread_cond_wait", "PyEval_RestoreThread"]

    assert waits_for(names, has_gil=False, in_interpreter=True) == "a stop of all threads"


def test_an_interpreter_without_names_that_waits_waits_for_the_gil():
    assert (
        waits_for(["pthread_cond_timedwait", "PyObject_GetIter"], has_gil=True, in_interpreter=True)
        == "the GIL"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_Py_DecRefShared", "reference counts"),
        ("_Py_MergeZeroLocalRefcount", "reference counts"),
        ("malloc", "allocator"),
        (demangle("_Znwm"), "allocator"),
        (demangle("_ZdlPv"), "allocator"),
        ("mi_free", "allocator"),
        ("_PyMutex_LockTimed", "locks"),
        ("__memmove_avx_unaligned_erms", "memory"),
        ("count_hits", "memory or caches"),
    ],
)
def test_why_a_function_grows(name, kind):
    assert kind_of_growth(name, mostly_atomic=False) == kind


def test_a_function_of_atomics_grows_by_them():
    assert kind_of_growth("count_hits", mostly_atomic=True) == "atomics"


ATOMIC = {
    "lock addq $1, (%rax)": True,
    "lock xaddq %rdx, 0x2e5d(%rip)": True,
    "lock cmpxchgq %rcx, 8(%rdi,%rsi,4)": True,
    "lock incl 0x1234(%r12)": True,
    "lock btsq $5, (%r13)": True,
    "lock addl $0x12345678, (%rsp)": True,
    "xchgq %rax, (%rbx)": True,
    "xchgb %al, 4(%rdi)": True,
    "addq $1, (%rax)": False,
    "movq %rax, (%rbx)": False,
    "xchgq %rax, %rbx": False,
    "cpuid": False,
}


if platform.machine() == "x86_64":  # another machine's assembler writes other code

    @pytest.mark.parametrize(("instruction", "is_atomic"), ATOMIC.items())
    def test_an_atomic_instruction_is_known_by_its_bytes(instruction, is_atomic, tmp_path):
        """As an assembler writes it, behind another instruction."""
        if (assembler := shutil.which("as")) is None or shutil.which("objcopy") is None:
            pytest.skip("there are no binutils")
        (tmp_path / "code.s").write_text(f"nop\nnop\nnop\nnop\nmovq %rsi, %rdi\n{instruction}\n")
        subprocess.run([assembler, "--64", "code.s", "-o", "code.o"], cwd=tmp_path, check=True)
        copy = ["objcopy", "-O", "binary", "-j", ".text", "code.o", "code"]
        subprocess.run(copy, cwd=tmp_path, check=True)

        assert ends_in_atomic((tmp_path / "code").read_bytes()[-16:], "x86_64") is is_atomic


@pytest.mark.parametrize(
    ("word", "is_atomic"),
    [
        (0xF8210000, True),  # ldadd x1, x0, [x0]
        (0xC85F7C00, True),  # ldxr x0, [x0]
        (0xC8017C02, True),  # stxr w1, x2, [x0]
        (0xF8218002, True),  # swp x1, x2, [x0]
        (0xC85FFC00, True),  # ldaxr x0, [x0]
        (0xC801FC02, True),  # stlxr w1, x2, [x0]
        (0xC8A07C41, True),  # cas x0, x1, [x2]
        (0xC8E0FC41, True),  # casal x0, x1, [x2]
        (0x48207C82, True),  # casp x0, x1, x2, x3, [x4]
        (0xF8BF0000, True),  # ldadda xzr, x0, [x0]
        (0xC8DFFC00, False),  # ldar x0, [x0]
        (0xC89FFC00, False),  # stlr x0, [x0]
        (0x08DFFC00, False),  # ldarb w0, [x0]
        (0xF8BFC000, False),  # ldapr x0, [x0]
        (0x38BFC000, False),  # ldaprb w0, [x0]
        (0xF9400000, False),  # ldr x0, [x0]
        (0xF8206800, False),  # str x0, [x0, x0]
        (0xD503201F, False),  # nop
    ],
)
def test_an_atomic_instruction_is_known_on_aarch64(word, is_atomic):
    assert ends_in_atomic(word.to_bytes(4, "little"), "aarch64") is is_atomic


def test_a_symbol_is_told_exact_within_its_function_only():
    maps = Path("/proc/self/maps").read_text().splitlines()
    library = Elf.open(next(line.split()[-1] for line in maps if "/libc.so.6" in line or "/libc-" in line))
    address = ctypes.cast(ctypes.CDLL(None).qsort, ctypes.c_void_p).value
    symbol = next(one for one in library.symbols if one.name.partition("@")[0] == "qsort")

    assert address % 4096 == symbol.address % 4096
    inside, is_exact = library.symbol_at(symbol.address + 1)
    assert (inside.address, is_exact) == (symbol.address, True)
    last = library.symbols[-1]
    assert library.symbol_at(last.address + last.size + 1) == (last, False)


LINKED = """
extern long elsewhere(long);
long inside(long n) { return elsewhere(n) + 1; }
__asm__(".globl bare\\n.type bare, %function\\nbare: nop\\nnop\\nnop\\nnop\\nret\\n");
"""


@pytest.fixture
def linked(tmp_path):
    """Build a library that calls another one, and has a function of assembly without a size."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")
    (tmp_path / "linked.c").write_text(LINKED)
    command = [compiler, "-O2", "-shared", "-fPIC", "-fplt", "linked.c", "-o", "linked.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path / "linked.so"


def test_a_function_without_a_size_ends_with_its_section(linked):
    elf = Elf.open(str(linked))
    symbols = {one.name: one for one in elf.symbols}
    (plt,) = (one for one in elf.sections if one.name == ".plt")
    bare = symbols["bare"]
    before = max((one for one in elf.symbols if one.address <= plt.address), key=lambda one: one.address)

    assert (bare.size, before.size) == (0, 0)
    assert elf.symbol_at(bare.address + 4) == (bare, True)
    assert elf.symbol_at(plt.address + 4) == (before, False)


def test_time_on_the_way_to_another_library_is_that_of_the_function_that_called_it(linked):
    elf = Elf.open(str(linked))
    inside = next(one.address for one in elf.symbols if one.name == "inside")
    stubs = [one.address for one in elf.sections if re.match(r"\.plt", one.name)]
    names = Names({}, "/python")

    for stub in stubs:
        places = [(str(linked), stub + 4, stub), (str(linked), inside + 4, inside)]
        stacks = [[1, "running", True, [0, 1], [], 1]]
        (stack,) = named_stacks({"places": places, "frames": [], "stacks": stacks}, names)
        assert (stack.leaf.name, stack.function.name, stack.entry.function.name) == (
            LINKAGE,
            "inside",
            "inside",
        )
    assert stubs


def test_a_stack_ends_where_python_begins_and_is_whole_where_nobody_can_tell(monkeypatch):
    stack = [Place("/codec.so", 5, 0), Place("/python", 9, 8), Place("/other.so", 7, 7)]

    monkeypatch.setattr(Names, "symbol", lambda self, file, address, start: "_PyEval_EvalFrameDefault")
    assert list(up_to_python(stack, Names({}, "/python"))) == stack[:2]
    monkeypatch.setattr(Names, "symbol", lambda self, file, address, start: "")
    assert list(up_to_python(stack, Names({}, "/python"))) == stack
