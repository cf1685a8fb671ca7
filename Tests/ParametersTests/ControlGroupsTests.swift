import Parameters
import Platform
import TestThreads
import Testing

@Suite("What control groups leave to a process", .holdsItsThread)
struct ControlGroupsTests {
    private func count(_ root: SystemRoot, affinity: Int = 64) -> Int {
        availableProcessorCount(affinity: affinity, groups: ControlGroups(root: root.path))
    }

    @Test(
        "Version 2: min(affinity, ⌈quota⌉)",
        arguments: [
            ("max 100000", 64), ("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1),
            ("1000 100000", 1), ("6400000 100000", 64), ("12800000 100000", 64), ("max", 64),
            ("-1 100000", 64), ("200000 0", 64), ("nonsense", 64), ("", 64),
            ("70000 10000", 7),
        ])
    func unified(quota: String, expected: Int) throws {
        let root = try SystemRoot().unified(group: "/")
            .write(quota + "\n", to: "/sys/fs/cgroup/cpu.max")
        #expect(count(root) == expected)
        #expect(count(root, affinity: 1) == 1)
    }

    @Test("The least quota counts, from the process's group up to the root of what is mounted")
    func nested() throws {
        let root = try SystemRoot().unified(group: "/kubepods.slice/pod7.slice/run")
            .write("max 100000\n", to: "/sys/fs/cgroup/kubepods.slice/pod7.slice/run/cpu.max")
            .write("300000 100000\n", to: "/sys/fs/cgroup/kubepods.slice/pod7.slice/cpu.max")
            .write("800000 100000\n", to: "/sys/fs/cgroup/kubepods.slice/cpu.max")
        #expect(count(root) == 3)
        try root.write(
            "100000 100000\n", to: "/sys/fs/cgroup/kubepods.slice/pod7.slice/run/cpu.max")
        #expect(count(root) == 1)
    }

    @Test("A container sees its own group at the mount, whatever path the host has for it")
    func inContainers() throws {
        for (group, mounted) in [
            ("/", "/"), ("/docker/4f2a", "/docker/4f2a"), ("/docker/4f2a", "/"),
            ("/../..", "/"), ("/docker/4f2a/inner", "/docker/4f2a"),
        ] {
            let root = try SystemRoot().unified(group: group, mountedGroup: mounted)
                .write("250000 100000\n", to: "/sys/fs/cgroup/cpu.max")
            #expect(count(root) == 3, "\(group) at \(mounted)")
        }
        // A group whose name begins alike is another one.
        let other = try SystemRoot().unified(group: "/docker/4f2abc", mountedGroup: "/docker/4f2a")
            .write("250000 100000\n", to: "/sys/fs/cgroup/cpu.max")
            .write("100000 100000\n", to: "/sys/fs/cgroup/bc/cpu.max")
        #expect(count(other) == 3)
    }

    @Test("Version 1: quota and period are two files, −1 is no limit")
    func split() throws {
        for (quota, period, expected) in [
            ("200000", "100000", 2), ("-1", "100000", 64), ("50000", "100000", 1),
            ("125000", "50000", 3), ("100000", "", 64),
        ] {
            let root = try SystemRoot().split(group: "/docker/4f2a", mountedGroup: "/docker/4f2a")
                .write(quota + "\n", to: "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us")
                .write(period + "\n", to: "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us")
            #expect(count(root) == expected, "\(quota) of \(period)")
        }
        let nested = try SystemRoot().split(group: "/jobs/7")
            .write("-1\n", to: "/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_quota_us")
            .write("100000\n", to: "/sys/fs/cgroup/cpu,cpuacct/jobs/7/cpu.cfs_period_us")
            .write("400000\n", to: "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us")
            .write("100000\n", to: "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us")
        #expect(count(nested) == 4)
    }

    @Test("Without control groups the affinity counts, and a process has one processor at least")
    func none() {
        #expect(count(SystemRoot()) == 64)
        #expect(count(SystemRoot(), affinity: 0) == 1)
        #expect(availableProcessorCount() >= 1)
    }

    @Test("Memory: the machine's, or what the groups leave, files in the cache not counted")
    func memory() throws {
        let info = "MemTotal: 9000 kB\nMemAvailable:    8000 kB\nSwapFree: 1000 kB\n"
        let root = try SystemRoot().unified(group: "/run").write(info, to: "/proc/meminfo")
        #expect(AvailableMemory(root: root.path) == AvailableMemory(bytes: 9000 * 1024))
        try root.write("max\n", to: "/sys/fs/cgroup/run/memory.max")
        #expect(AvailableMemory(root: root.path) == AvailableMemory(bytes: 9000 * 1024))
        try root.write("5000000\n", to: "/sys/fs/cgroup/run/memory.max")
            .write("3000000\n", to: "/sys/fs/cgroup/run/memory.current")
            .write("anon 1000000\nfile 2000000\n", to: "/sys/fs/cgroup/run/memory.stat")
        #expect(
            AvailableMemory(root: root.path) == AvailableMemory(bytes: 4_000_000, isLimited: true))
        let old = try SystemRoot().split(group: "/jobs/7").write(info, to: "/proc/meminfo")
            .write("9223372036854771712\n", to: "/sys/fs/cgroup/memory/memory.limit_in_bytes")
            .write("6000000\n", to: "/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes")
            .write("1000000\n", to: "/sys/fs/cgroup/memory/jobs/memory.usage_in_bytes")
        #expect(
            AvailableMemory(root: old.path) == AvailableMemory(bytes: 5_000_000, isLimited: true))
        #expect(AvailableMemory(root: SystemRoot().path) == nil)
    }
}
