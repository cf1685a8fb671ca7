import Foundation
import Platform
import Synchronization
import TestThreads
import Testing

/// A folder that is removed when the test is over.
final class Place: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "place-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }
    func text(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

/// What kind of file a path is, its links not followed: S_IFREG, S_IFLNK, S_IFIFO …
private func kind(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
}

private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

@Suite("Output files, whatever their path leads to", .holdsItsThread)
struct OutputFileTests {
    private let text = Array("some text\n".utf8)

    /// What writing is refused with; nil if it is not.
    private func refusal(_ path: String) -> String? {
        do {
            try OutputFile.write(text, to: path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("Every kind of target is written and stays what it is")
    func kinds() throws {
        let place = try Place()
        try Data("old".utf8).write(to: place.url.appending(path: "old"))
        for (link, target) in [
            ("to-old", "old"), ("to-link", "to-old"), ("to-new", "new"),
            ("whole", place.path("other")),
        ] { #expect(symlink(target, place.path(link)) == 0) }
        for (name, written) in [
            ("fresh", "fresh"), ("old", "old"), ("to-link", "old"), ("to-new", "new"),
            ("whole", "other"),
        ] {
            let before = kind(place.path(name))
            #expect(refusal(place.path(name)) == nil)
            #expect(try place.text(written) == "some text\n", "\(name)")
            #expect(kind(place.path(name)) == (before == 0 ? S_IFREG : before), "\(name)")
            #expect(kind(place.path(written)) == S_IFREG)
        }
        #expect(try place.names.allSatisfy { !$0.hasPrefix(".") })
        for device in ["/dev/null", "/dev/zero"] {
            #expect(refusal(device) == nil)
            #expect(kind(device) == S_IFCHR)
        }
    }

    @Test("A pipe gets the bytes, and one that nobody reads to the end is no error")
    func pipes() throws {
        let place = try Place()
        let path = place.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDWR)
        defer { close(reader) }
        #expect(refusal(path) == nil)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(reader, &bytes, bytes.count)
        #expect(Array(bytes.prefix(max(0, count))) == text)
        #expect(kind(path) == S_IFIFO)
        var calls = SystemCalls()
        calls.write = { _, _, _ in
            errno = EPIPE
            return -1
        }
        SystemCalls.$current.withValue(calls) { #expect(refusal(path) == nil) }
    }

    @Test("What cannot be written is said in one sentence, and leaves things as they were")
    func refused() throws {
        let place = try Place()
        try Data("old".utf8).write(to: place.url.appending(path: "old"))
        #expect(mkdir(place.path("folder"), 0o777) == 0)
        #expect(symlink("loop", place.path("loop")) == 0)
        for (path, reason) in [
            (place.path("folder"), "Is a directory"),
            (place.path("none/file"), "No such file or directory"),
            (place.path("old/file"), "Not a directory"),
            (place.path("loop"), "Too many levels of symbolic links"),
            ("/dev/full", "No space left on device"),
        ] { #expect(refusal(path) == "\(path) cannot be written: \(reason)") }
        for (step, code) in [("write", ENOSPC), ("synchronize", EIO), ("rename", EACCES)] {
            var calls = SystemCalls()
            switch step {
            case "write":
                let original = calls.write
                let done = Atomic(0)
                // Some of it is written before there is no more room.
                calls.write = { descriptor, bytes, count in
                    guard done.add(1, ordering: .relaxed).newValue == 1 else {
                        errno = code
                        return -1
                    }
                    return original(descriptor, bytes, min(3, count))
                }
            case "synchronize":
                calls.synchronize = { _ in
                    errno = code
                    return -1
                }
            default:
                calls.rename = { _, _ in
                    errno = code
                    return -1
                }
            }
            SystemCalls.$current.withValue(calls) {
                for name in ["old", "fresh"] {
                    #expect(
                        refusal(place.path(name))
                            == "\(place.path(name)) cannot be written: "
                            + String(cString: strerror(code)), "\(step)")
                }
            }
            #expect(try place.text("old") == "old")
            #expect(try place.names == ["folder", "loop", "old"], "\(step)")
        }
    }

    @Test("A new file has 666 less the umask, an old one keeps its mode")
    func modes() throws {
        // The umask is the whole process's: found out, not set, for other tests run beside this one.
        let place = try Place()
        let probe = open(place.path("probe"), O_CREAT | O_WRONLY, 0o666)
        close(probe)
        #expect(refusal(place.path("fresh")) == nil)
        #expect(mode(place.path("fresh")) == mode(place.path("probe")))
        for old: mode_t in [0o600, 0o640, 0o664, 0o755] {
            chmod(place.path("fresh"), old)
            #expect(refusal(place.path("fresh")) == nil)
            #expect(mode(place.path("fresh")) == old)
        }
    }

    @Test("The file is on the disk before it has its name, and its name before writing returns")
    func order() throws {
        let place = try Place()
        let steps = Mutex<[String]>([])
        var calls = SystemCalls()
        calls.synchronize = { descriptor in
            var status = stat()
            fstat(descriptor, &status)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            steps.withLock { $0.append(isFolder ? "folder" : "file") }
            return 0
        }
        calls.rename = { [original = calls.rename] in
            steps.withLock { $0.append("rename") }
            return original($0, $1)
        }
        SystemCalls.$current.withValue(calls) { #expect(refusal(place.path("x")) == nil) }
        #expect(steps.withLock { $0 } == ["file", "rename", "folder"])
    }

    @Test("Drafts of killed processes go with the next file, those of living ones stay")
    func abandoned() throws {
        let place = try Place()
        for name in [".federated-1.partial", ".federated-2.partial", "mine.partial", ".other-3"] {
            try Data("draft".utf8).write(to: place.url.appending(path: name))
        }
        #expect(symlink("mine.partial", place.path(".federated-4.partial")) == 0)
        let living = open(place.path(".federated-2.partial"), O_RDWR)
        defer { close(living) }
        #expect(FileLock.take(living) == .held)
        #expect(refusal(place.path("x")) == nil)
        #expect(
            try place.names == [
                ".federated-2.partial", ".federated-4.partial", ".other-3", "mine.partial", "x",
            ])
    }

    @Test("While a draft waits for its name, others that write there leave it alone")
    func drafts() throws {
        let place = try Place()
        try Data("old".utf8).write(to: place.url.appending(path: "x"))
        var calls = SystemCalls()
        let other = place.path("y")
        calls.rename = { [original = calls.rename] draft, name in
            SystemCalls.$current.withValue(SystemCalls()) {
                #expect(refusal(other) == nil)
            }
            return original(draft, name)
        }
        SystemCalls.$current.withValue(calls) { #expect(refusal(place.path("x")) == nil) }
        #expect(try place.text("x") == "some text\n")
        #expect(try place.names == ["x", "y"])
    }

    @Test("A call that was interrupted, or that is to wait, is made again")
    func again() throws {
        let place = try Place()
        let count = Atomic(0)
        var calls = SystemCalls()
        calls.write = { [original = calls.write] descriptor, bytes, size in
            switch count.add(1, ordering: .relaxed).newValue % 3 {
            case 0: return original(descriptor, bytes, min(2, size))
            case 1: errno = EINTR
            default: errno = EAGAIN
            }
            return -1
        }
        SystemCalls.$current.withValue(calls) { #expect(refusal(place.path("x")) == nil) }
        #expect(try place.text("x") == "some text\n")
    }

    @Test("Folders that a path needs, and the folder of a path")
    func folders() throws {
        let place = try Place()
        #expect(Folder.make(place.path("a/b/c")) == nil)
        #expect(Folder.make(place.path("a/b/c")) == nil)
        #expect(kind(place.path("a/b/c")) == S_IFDIR)
        try Data().write(to: place.url.appending(path: "file"))
        #expect(Folder.make(place.path("file")) == "Not a directory")
        #expect(Folder.make(place.path("file/x")) == "Not a directory")
        for (path, parent) in [
            ("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b/", "/a"), ("a//b", "a"), ("/", "/"),
            ("./a", "."),
        ] { #expect(Folder.parent(of: path) == parent, "\(path)") }
    }

    @Test("A file system without locks says so, and is no lock of somebody else's")
    func locks() throws {
        let place = try Place()
        let first = open(place.path("lock"), O_CREAT | O_RDWR, 0o666)
        let second = open(place.path("lock"), O_RDWR)
        defer {
            close(first)
            close(second)
        }
        #expect(FileLock.take(first) == .held)
        #expect(FileLock.take(second) == .taken)
        // A lock's file may be a link: to whoever opened it, it is the file.
        #expect(symlink("lock", place.path("link")) == 0)
        #expect(FileLock.isNamed(place.path("lock"), first))
        #expect(FileLock.isNamed(place.path("link"), first))
        #expect(!FileLock.isNamed(place.path("none"), first))
        #expect(FileLock.take(first, shared: true) == .held)
        #expect(FileLock.take(second, shared: true) == .held)
        for code in [ENOLCK, ENOSYS, EOPNOTSUPP] {
            var calls = SystemCalls()
            calls.lock = { _, _ in
                errno = code
                return -1
            }
            SystemCalls.$current.withValue(calls) {
                #expect(
                    FileLock.take(first)
                        == .unavailable(reason: String(cString: strerror(code))))
            }
        }
    }
}
