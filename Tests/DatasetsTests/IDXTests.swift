import Foundation
import TestThreads
import Testing
import Datasets

@Suite(.holdsItsThread) struct IDXTests {
    let folder = TemporaryFolder()

    private func sentence(_ bytes: [UInt8], _ kind: IDXKind = .images) throws -> String? {
        let path = try folder.write(bytes, to: "f")
        return failure { () throws(DatasetError) in _ = try IDX.read(path, kind: kind) }?
            .description.replacingOccurrences(of: path, with: "FILE")
    }

    @Test func readsPlainAndCompressed() throws {
        let bytes = Small.images(30)
        for stored in [bytes, gzip(bytes), gzip(Array(bytes[..<40])) + gzip(Array(bytes[40...]))] {
            let file = try IDX.read(try folder.write(stored, to: "f"), kind: .images)
            #expect(file.header.dimensions == [30, 3, 2])
            #expect(file.bytes == bytes)
            #expect(file.contents == Array(bytes[16...]))
        }
    }

    @Test func namesWhatIsWrongWithAFile() throws {
        #expect(
            try sentence(Small.labels(3))
                == "FILE begins with 0x00000801, but an IDX file of images begins with 0x00000803")
        #expect(
            try sentence(Small.images(3), .labels)
                == "FILE begins with 0x00000803, but an IDX file of labels begins with 0x00000801")
        #expect(
            try sentence(Array(Small.images(3).prefix(10)))
                == "FILE holds 10 bytes, but the IDX header alone takes 16")
        #expect(try sentence([]) == "FILE holds 0 bytes, but the IDX header alone takes 16")
        #expect(
            try sentence(Array(Small.images(3).dropLast()))
                == "FILE is cut short: its header declares 34 bytes in all, but it holds 33")
        #expect(
            try sentence(Small.images(3) + [1, 2])
                == "FILE is too long: its header declares 34 bytes in all, but it holds 36")
        for (dimensions, written) in [
            ([0, 3, 2], "0×3×2"), ([3, 0, 2], "3×0×2"),
            ([UInt32.max, UInt32.max, UInt32.max], "4294967295×4294967295×4294967295"),
            ([1 << 16, 1 << 16, 1], "65536×65536×1"),
        ] as [([UInt32], String)] {
            #expect(
                try sentence(idx(dimensions, []))
                    == "FILE declares \(written) bytes of data, but every dimension must be at "
                    + "least 1 and the whole at most 2147483648 bytes")
        }
    }

    @Test func namesWhatIsWrongWithGzip() throws {
        let sound = gzip(Small.images(300))
        for length in [2, 5, 10, 20, sound.count / 2, sound.count - 8, sound.count - 1] {
            #expect(
                try sentence(Array(sound.prefix(length)))
                    == "FILE is cut short: it ends in the middle of its gzip data")
        }
        var wrongSum = sound
        wrongSum[sound.count - 6] ^= 1
        #expect(
            try sentence(wrongSum) == "FILE is not sound gzip data: incorrect data check")
        var wrongMethod = sound
        wrongMethod[2] = 7
        #expect(
            try sentence(wrongMethod)
                == "FILE is not sound gzip data: unknown compression method")
        #expect(
            try sentence(sound + [9, 9, 9])
                == "FILE is not sound gzip data: 3 bytes follow the end of the compressed data")
        #expect(try sentence(sound + [0, 0, 0]) == nil)
        #expect(
            try sentence(gzip(Array(Small.images(3).dropLast())))
                == "FILE is cut short: its header declares 34 bytes in all, but it holds 33")
        #expect(
            try sentence(gzip(Array(Small.images(3).prefix(3))))
                == "FILE holds 3 bytes, but the IDX header alone takes 16")
    }

    @Test func stopsAtTheFirstByteTooMany() throws {
        let bomb = gzip(Small.images(3) + [UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 100_000)
        let path = try folder.write(bomb, to: "f")
        var stream = try GzipStream(bomb, file: path)
        var bytes: [UInt8] = []
        try stream.read(into: &bytes, upTo: 35)
        #expect(bytes.count == 35)
        #expect(
            try sentence(bomb)
                == "FILE is too long: its header declares 34 bytes in all, but it holds more")
        #expect(
            failure { () throws(DatasetError) in
                _ = try Gzip.inflate(bomb, limit: 1000, file: "f")
            }?.description == "f is larger than the 1000 bytes that are read at most")
    }

    @Test func manyEmptyMembersTakeNoTime() throws {
        // Once, each of them cost as much as a member of a million bytes.
        let header = gzip(idx([1 << 30], []))
        let empty = gzip([])
        let members = header + Array(repeatElement(empty, count: 200_000).joined())
        var start = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        #expect(
            failure { () throws(DatasetError) in
                _ = try IDX.decode(members, kind: .labels, file: "f")
            }?.description
                == "f is cut short: its header declares 1073741832 bytes in all, but it holds 8")
        var end = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        let seconds =
            Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
        #expect(seconds < 1, "\(members.count) bytes took \(seconds) s")
    }

    @Test func everyFlippedByteIsAnErrorOrHarmless() throws {
        // Only gzip's header has bytes that mean nothing; wrong data never come through.
        let bytes = Small.images(30)
        let sound = gzip(bytes)
        for position in sound.indices {
            var broken = sound
            broken[position] ^= 0x55
            let path = try folder.write(broken, to: "f")
            let file = try? IDX.read(path, kind: .images)
            #expect(file == nil || file?.bytes == bytes, "byte \(position)")
        }
    }

    @Test func refusesWhatIsNoFile() throws {
        #expect(
            failure { () throws(DatasetError) in
                _ = try IDX.read("/dev/zero", kind: .images)
            }?.description == "/dev/zero cannot be read: it is not an ordinary file")
        let large = try folder.write([1, 2, 3], to: "large")
        #expect(
            failure { () throws(DatasetError) in _ = try readFile(large, limit: 2) }?
                .description == "\(large) is larger than the 2 bytes that are read at most")
        let path = folder.path + "/none"
        #expect(
            failure { () throws(DatasetError) in _ = try IDX.read(path, kind: .images) }?
                .description == "\(path) cannot be read: No such file or directory")
    }
}
