#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What files need of the system, so that a test can have it refuse: a disk that is full, a file
/// system without locks.
///
/// Each returns what the system's own function does, and sets `errno` as it does.
package struct SystemCalls: Sendable {
    /// Writes bytes to a descriptor.
    package var write: @Sendable (Int32, UnsafeRawPointer?, Int) -> Int = {
        systemWrite($0, $1, $2)
    }
    /// Waits until what was written to a descriptor is on the disk.
    package var synchronize: @Sendable (Int32) -> Int32 = { fsync($0) }
    /// Locks an open file, by `flock`.
    package var lock: @Sendable (Int32, Int32) -> Int32 = { flock($0, $1) }
    /// Gives a file a second name that no file has.
    package var link: @Sendable (String, String) -> Int32 = { systemLink($0, $1) }
    /// Gives a file another name, in the place of whichever file has it.
    package var rename: @Sendable (String, String) -> Int32 = { systemRename($0, $1) }

    /// The system's own.
    package init() {}

    /// Those in use; only tests change them.
    @TaskLocal package static var current = SystemCalls()
}

// Inside the structure these names are its own members'.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func systemLink(_ path: String, _ name: String) -> Int32 { link(path, name) }

private func systemRename(_ path: String, _ name: String) -> Int32 { rename(path, name) }
