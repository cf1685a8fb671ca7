#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the system lets this process have: threads and open files.
///
/// Libraries trap, or wait for ever, where they get none, so a command asks here for what it will need
/// before they do.
package enum ProcessResources {
    /// Raises the limit of open files to so many, as far as the system lets it be raised.
    package static func raiseFileLimit(to count: Int) {
        guard var limit = fileLimits, count > 0 else { return }
        let wanted = min(rlim_t(count), limit.rlim_max)
        guard wanted > limit.rlim_cur else { return }
        limit.rlim_cur = wanted
        setrlimit(fileLimit, &limit)
    }

    /// How many files may be open at once.
    package static var openFileLimit: Int {
        fileLimits.map { Int(clamping: $0.rlim_cur) } ?? Int.max
    }

    /// How many files are open; nil where the system does not say.
    package static var openFileCount: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // All but “.”, “..” and the folder itself.
        return max(0, count - 3)
    }

    /// Makes sure that so many more files can be opened.
    package static func requireFiles(_ count: Int) throws(ResourceShortage) {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        while descriptors.count < count {
            let descriptor = open("/", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw ResourceShortage(
                    kind: .files, needed: count, found: descriptors.count,
                    reason: String(cString: strerror(errno)))
            }
            descriptors.append(descriptor)
        }
    }

    /// Makes sure that so many more threads can run at once.
    package static func requireThreads(_ count: Int) throws(ResourceShortage) {
        // Threads that wait for the lock are there all at once.
        let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(gate, nil)
        pthread_mutex_lock(gate)
        var threads: [pthread_t] = []
        var status: Int32 = 0
        while threads.count < count, status == 0 {
            #if canImport(Darwin)
                var thread: pthread_t?
            #else
                var thread = pthread_t()
            #endif
            status = pthread_create(
                &thread, nil,
                { argument in
                    #if canImport(Darwin)
                        let gate = argument.assumingMemoryBound(to: pthread_mutex_t.self)
                    #else
                        guard let gate = argument?.assumingMemoryBound(to: pthread_mutex_t.self)
                        else { return nil }
                    #endif
                    pthread_mutex_lock(gate)
                    pthread_mutex_unlock(gate)
                    return nil
                }, gate)
            #if canImport(Darwin)
                if status == 0, let thread { threads.append(thread) }
            #else
                if status == 0 { threads.append(thread) }
            #endif
        }
        pthread_mutex_unlock(gate)
        for thread in threads { pthread_join(thread, nil) }
        pthread_mutex_destroy(gate)
        gate.deallocate()
        guard status == 0 else {
            throw ResourceShortage(
                kind: .threads, needed: count, found: threads.count,
                reason: String(cString: strerror(status)))
        }
    }

    private static var fileLimits: rlimit? {
        var limit = rlimit()
        return getrlimit(fileLimit, &limit) == 0 ? limit : nil
    }

    #if canImport(Glibc)
        private static let fileLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let fileLimit = RLIMIT_NOFILE
    #endif
}

/// Why the system does not let a command do what it is to do.
package struct ResourceShortage: Error, Hashable, Sendable {
    /// What there is too little of.
    package enum Kind: Hashable, Sendable { case threads, files }

    package var kind: Kind
    /// How many more are needed.
    package var needed: Int
    /// How many more there are.
    package var found: Int
    /// The system's own words.
    package var reason: String

    package init(kind: Kind, needed: Int, found: Int, reason: String) {
        self.kind = kind
        self.needed = needed
        self.found = found
        self.reason = reason
    }
}

extension ResourceShortage: CustomStringConvertible {
    package var description: String {
        let (name, place) =
            switch kind {
            case .threads: ("threads", "`ulimit -u` and a container's limit of processes say")
            case .files: ("open files", "`ulimit -n` says")
            }
        return "the system gives no more \(name): \(needed) more are needed, and it has \(found) "
            + "(\(reason)); \(place) how many there may be"
    }
}
