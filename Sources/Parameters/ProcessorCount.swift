import CKernels
import Platform

/// How many processors this process may keep busy: those of its affinity mask (`taskset`, cpusets), and
/// no more than the quota of its control groups (`docker run --cpus`, Kubernetes, systemd), rounded up.
public func availableProcessorCount() -> Int {
    availableProcessorCount(affinity: Int(ck_processor_count()), groups: ControlGroups())
}

/// min(affinity, ⌈quota⌉), at least 1.
package func availableProcessorCount(affinity: Int, groups: ControlGroups) -> Int {
    guard let quota = groups.processorQuota, quota < Double(affinity) else {
        return max(1, affinity)
    }
    return max(1, DecimalShare.ceiling(quota, of: 1))
}
