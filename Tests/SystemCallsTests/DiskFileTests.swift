// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemCalls
import Testing

@Suite("Files in pieces")
struct DiskFileTests {
    @Test("are written, read, listed and removed")
    func pieces() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/parley-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/piece"
        try DiskFile.write([1, 2, 3], to: path, at: 0)
        try DiskFile.write([4, 5], to: path, at: 3)
        #expect(try DiskFile.read(path, from: 1, atMost: 3) == [2, 3, 4])
        #expect(try DiskFile.read(path, from: 4, atMost: 100) == [5])
        #expect(try DiskFile.read(path, from: 9, atMost: 100) == [])
        #expect(try DiskFile.names(in: folder) == ["piece"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // From the beginning it is another file.
        try DiskFile.write([9], to: path, at: 0)
        #expect(try DiskFile.read(path, from: 0, atMost: 100) == [9])
        try DiskFile.sync(path)
        try DiskFile.sync(folder)
        try DiskFile.remove(path)
        try DiskFile.remove(path)
        #expect(throws: SystemCallError.self) { try DiskFile.sync(path) }
        #expect(try DiskFile.names(in: folder) == [])
        #expect(throws: SystemCallError.self) { try DiskFile.read(path, from: 0, atMost: 1) }
        #expect(throws: SystemCallError.self) { try DiskFile.names(in: path) }
    }

    @Test("do not follow links")
    func links() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/parley-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (path, link) = (folder + "/there", folder + "/link")
        try DiskFile.write([1], to: path, at: 0)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: SystemCallError.self) { try DiskFile.read(link, from: 0, atMost: 1) }
        #expect(throws: SystemCallError.self) { try DiskFile.write([2], to: link, at: 0) }
    }
}
