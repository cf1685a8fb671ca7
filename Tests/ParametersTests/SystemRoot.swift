import Foundation

/// A folder that stands for a machine's root, with files in which Linux tells of itself.
final class SystemRoot: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/root-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ text: String, to file: String) throws -> SystemRoot {
        let url = URL(fileURLWithPath: path + file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return self
    }

    /// Version 2 of control groups, mounted at the usual place.
    @discardableResult
    func unified(group: String, mountedGroup: String = "/") throws -> SystemRoot {
        try write("0::\(group)\n", to: "/proc/self/cgroup")
        return try write(
            """
            22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
            30 23 0:26 \(mountedGroup) /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw

            """, to: "/proc/self/mountinfo")
    }

    /// Version 1, a controller mounted with another and one alone.
    @discardableResult
    func split(group: String, mountedGroup: String = "/") throws -> SystemRoot {
        try write(
            "4:memory:\(group)\n3:cpu,cpuacct:\(group)\n1:name=systemd:/init.scope\n0::/init.scope\n",
            to: "/proc/self/cgroup")
        return try write(
            """
            31 22 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
            32 31 0:27 \(mountedGroup) /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
            33 31 0:28 \(mountedGroup) /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            34 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

            """, to: "/proc/self/mountinfo")
    }
}
