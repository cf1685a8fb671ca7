import Experiments
import TestThreads
import Testing

@Suite("The CPU's name", .holdsItsThread)
struct ProcessorNameTests {
    @Test("Is what the system tells of it, on any architecture, never nothing")
    func names() {
        let cases: [(String, String, String)] = [
            ("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t: fpu", "x86_64", "AMD EPYC"),
            ("processor\t: 0\nmodel name\t: Intel: a CPU\n", "x86_64", "Intel: a CPU"),
            (
                "CPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n", "aarch64",
                "Arm Neoverse N1"
            ),
            ("CPU implementer\t: 0x41\nCPU part\t: 0xD4F\n", "aarch64", "Arm Neoverse V2"),
            ("CPU implementer : 0xc0\nCPU part : 0xac3", "aarch64", "Ampere core 1"),
            ("CPU implementer\t: 0x41\nCPU part\t: 0xfff\n", "aarch64", "Arm CPU, part 0xfff"),
            (
                "CPU implementer\t: 0x99\nCPU part\t: 0x001\n", "aarch64",
                "aarch64 CPU of implementer 0x99, part 0x001"
            ),
            ("CPU implementer\t: 0x41\n", "aarch64", "aarch64 CPU"),
            (
                "processor\t: 0\nisa\t: rv64imafdc\nuarch\t: sifive,u74-mc\n", "riscv64",
                "sifive,u74-mc"
            ),
            ("model name\t:\n", "x86_64", "x86_64 CPU"), ("", "riscv64", "riscv64 CPU"),
            // A board's model follows its cores.
            (
                "CPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nModel\t: Raspberry Pi 4\n",
                "aarch64", "Arm Cortex-A72"
            ),
        ]
        for (text, architecture, name) in cases {
            #expect(ProcessorName.read(text, architecture: architecture) == name)
        }
        #expect(ProcessorName.architecture != "unknown")
    }
}
