/// The control groups that limit this process: what a container, a batch system or systemd allows it.
///
/// A limit may be set anywhere from the process's own group up to the root, so all of these count. Both
/// versions are looked at: version 2 has one tree, version 1 one for each controller.
package struct ControlGroups: Sendable {
    /// A version's folder for one controller, with those above it, the process's own first.
    private struct Branch {
        var isUnified: Bool
        var folders: [String]
    }

    private let root: String

    /// The groups as the files under `root` have them: "/" on a real machine.
    package init(root: String = "/") {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// How many processors' time the groups allow: the least quota ÷ period; nil for no limit.
    package var processorQuota: Double? {
        var least: Double?
        for branch in branches(of: "cpu") {
            for folder in branch.folders {
                let words: [Substring]
                if branch.isUnified {
                    words = SystemFile.words("\(folder)/cpu.max")
                } else {
                    words = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].flatMap {
                        SystemFile.words("\(folder)/\($0)").prefix(1)
                    }
                }
                // "max" and −1 are no limit.
                guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]),
                    quota > 0, period > 0
                else { continue }
                least = min(least ?? .infinity, Double(quota) / Double(period))
            }
        }
        return least
    }

    /// Bytes that the groups still leave to this process, what they hold of files not counted; nil for
    /// no limit.
    package var memoryLeft: Int? {
        var least: Int?
        for branch in branches(of: "memory") {
            for folder in branch.folders {
                let (limitFile, usedFile, cached) =
                    branch.isUnified
                    ? ("memory.max", "memory.current", "file")
                    : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache")
                // Version 1 writes no limit as the largest number of pages.
                guard
                    let limit = SystemFile.words("\(folder)/\(limitFile)").first.flatMap({ Int($0) }
                    ),
                    limit < Self.noLimit
                else { continue }
                let used = SystemFile.words("\(folder)/\(usedFile)").first.flatMap { Int($0) } ?? 0
                let files = SystemFile.number(cached, in: "\(folder)/memory.stat") ?? 0
                least = min(least ?? Int.max, max(0, limit - max(0, used - files)))
            }
        }
        return least
    }

    private static let noLimit = 1 << 60

    // MARK: Where they are

    /// The folders of a controller, in whichever versions know it.
    private func branches(of controller: String) -> [Branch] {
        let mounts = mounts()
        var branches: [Branch] = []
        for line in SystemFile.lines("\(root)/proc/self/cgroup") {
            // HIERARCHY:CONTROLLERS:PATH, and a path may have colons.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            let controllers = fields[1].split(separator: ",")
            guard isUnified || controllers.contains(Substring(controller)) else { continue }
            for mount in mounts
            where mount.isUnified == isUnified && (isUnified || mount.options.contains(controller))
            {
                branches.append(
                    Branch(
                        isUnified: isUnified,
                        folders: Self.folders(of: String(fields[2]), in: mount).map { root + $0 }))
            }
        }
        return branches
    }

    private struct Mount {
        var isUnified: Bool
        /// The group that lies at `folder`.
        var group: String
        var folder: String
        var options: Set<String>
    }

    private func mounts() -> [Mount] {
        SystemFile.lines("\(root)/proc/self/mountinfo").compactMap { line in
            // ID PARENT DEVICE ROOT FOLDER OPTIONS [FIELDS …] - TYPE SOURCE OPTIONS
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 1 else {
                return nil
            }
            let kind = fields[dash + 1]
            guard kind == "cgroup" || kind == "cgroup2" else { return nil }
            let options = fields.count > dash + 3 ? fields[dash + 3].split(separator: ",") : []
            return Mount(
                isUnified: kind == "cgroup2", group: String(fields[3]), folder: String(fields[4]),
                options: Set(options.map(String.init)))
        }
    }

    /// From a group up to the top of what is mounted.
    ///
    /// A container often sees its own group's path as the host has it, and only that group mounted: what
    /// is not there then is the mount itself.
    private static func folders(of path: String, in mount: Mount) -> [String] {
        let group = mount.group == "/" ? "" : mount.group
        var rest: [Substring] = []
        if path == group || path.hasPrefix(group + "/") {
            rest = path.dropFirst(group.count).split(separator: "/")
            if rest.contains("..") { rest = [] }
        }
        return (0...rest.count).reversed().map { count in
            ([Substring(mount.folder)] + rest.prefix(count)).joined(separator: "/")
        }
    }
}
