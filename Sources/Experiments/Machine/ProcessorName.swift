import Foundation

/// The CPU's name from what Linux tells of it in `/proc/cpuinfo`.
package enum ProcessorName {
    /// x86-64 says a name, Arm says numbers by whom and which, others say little: then it is the
    /// architecture's.
    package static func read(
        _ cpuinfo: String, architecture: String = ProcessorName.architecture
    ) -> String {
        func field(_ name: String) -> String? {
            for line in cpuinfo.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name
                else { continue }
                let value = parts[1].trimmingCharacters(in: .whitespaces)
                if !value.isEmpty { return value }
            }
            return nil
        }
        if let name = field("model name") { return name }
        if let implementer = field("CPU implementer"), let part = field("CPU part") {
            guard let maker = makers[implementer.lowercased()] else {
                return "\(architecture) CPU of implementer \(implementer), part \(part)"
            }
            let core = maker.cores[part.lowercased()]
            return core.map { "\(maker.name) \($0)" } ?? "\(maker.name) CPU, part \(part)"
        }
        return field("uarch") ?? "\(architecture) CPU"
    }

    /// What this program is compiled for, as Linux names it.
    package static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #elseif arch(riscv64)
            "riscv64"
        #else
            "unknown"
        #endif
    }

    /// By implementer and part, as Arm's manuals and Linux's `asm/cputype.h` have them: those of servers,
    /// and of the boards that people own.
    private static let makers: [String: (name: String, cores: [String: String])] = [
        "0x41": (
            "Arm",
            [
                "0xd03": "Cortex-A53", "0xd04": "Cortex-A35", "0xd05": "Cortex-A55",
                "0xd07": "Cortex-A57", "0xd08": "Cortex-A72", "0xd09": "Cortex-A73",
                "0xd0a": "Cortex-A75", "0xd0b": "Cortex-A76", "0xd0c": "Neoverse N1",
                "0xd0d": "Cortex-A77", "0xd40": "Neoverse V1", "0xd41": "Cortex-A78",
                "0xd44": "Cortex-X1", "0xd49": "Neoverse N2", "0xd4a": "Neoverse E1",
                "0xd4f": "Neoverse V2", "0xd83": "Neoverse V3AE", "0xd84": "Neoverse V3",
                "0xd8e": "Neoverse N3",
            ]
        ),
        "0x43": ("Cavium", ["0x0a1": "ThunderX", "0x0af": "ThunderX2"]),
        "0x46": ("Fujitsu", ["0x001": "A64FX"]),
        "0x48": ("HiSilicon", ["0xd01": "Kunpeng 920"]),
        "0x4e": ("NVIDIA", ["0x003": "Denver", "0x004": "Carmel"]),
        "0x51": ("Qualcomm", ["0x001": "Oryon", "0xc00": "Falkor"]),
        "0x61": (
            "Apple",
            [
                "0x022": "M1", "0x023": "M1", "0x024": "M1 Pro", "0x025": "M1 Pro",
                "0x028": "M1 Max", "0x029": "M1 Max", "0x032": "M2", "0x033": "M2",
                "0x034": "M2 Pro", "0x035": "M2 Pro", "0x038": "M2 Max", "0x039": "M2 Max",
            ]
        ),
        "0x6d": ("Microsoft", ["0xd49": "Azure Cobalt 100"]),
        "0xc0": ("Ampere", ["0xac3": "core 1", "0xac4": "core 1A"]),
    ]
}
