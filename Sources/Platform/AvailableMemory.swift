/// Memory that this process can still get.
package struct AvailableMemory: Sendable, Equatable {
    /// Bytes.
    package let bytes: Int
    /// Whether control groups, and not the machine, set the limit.
    package let isLimited: Bool

    /// What there is of it; nil where the system does not say.
    ///
    /// The machine has what Linux thinks can be had without swapping, and its free swap.
    package init?(root: String = "/") {
        let info = (root.hasSuffix("/") ? root : root + "/") + "proc/meminfo"
        let machine = SystemFile.number("MemAvailable", in: info).map {
            ($0 + (SystemFile.number("SwapFree", in: info) ?? 0)) * 1024
        }
        let groups = ControlGroups(root: root).memoryLeft
        guard let least = [machine, groups].compactMap(\.self).min() else { return nil }
        bytes = least
        isLimited = groups.map { $0 < machine ?? Int.max } ?? false
    }

    /// So many bytes.
    package init(bytes: Int, isLimited: Bool = false) {
        self.bytes = bytes
        self.isLimited = isLimited
    }
}
