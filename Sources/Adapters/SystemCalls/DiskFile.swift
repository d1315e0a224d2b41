// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Files that are written and read piece by piece. Every call blocks until the system has done it.
public enum DiskFile {
    /// Writes `bytes` at `offset`, which is the present end of the file; 0 makes the file anew. For the owner alone.
    public static func write(_ bytes: [UInt8], to path: String, at offset: Int64) throws(SystemCallError) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (offset == 0 ? O_TRUNC : 0)
        let descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let rest = bytes[done...]
            let count = unsafe rest.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError(call: "pwrite", code: count < 0 ? errno : EIO) }
            done += count
        }
    }

    /// Returns when a file, or a folder's list of names, outlives a power cut.
    public static func sync(_ path: String) throws(SystemCallError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: errno) }
        defer { close(descriptor) }
        while fsync(descriptor) != 0 {
            guard errno == EINTR else { throw SystemCallError(call: "fsync", code: errno) }
        }
    }

    /// At most `count` bytes from `offset` on; none at the end of the file.
    public static func read(
        _ path: String, from offset: Int64, atMost count: Int
    ) throws(SystemCallError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", code: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let taken = unsafe bytes.withUnsafeMutableBytes {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: $0[done...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            }
            if taken < 0 && errno == EINTR { continue }
            guard taken >= 0 else { throw SystemCallError(call: "pread", code: errno) }
            if taken == 0 { break }
            done += taken
        }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Removes a file; one that is not there is gone already.
    public static func remove(_ path: String) throws(SystemCallError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw SystemCallError(call: "unlink", code: errno)
        }
    }

    /// The names in a folder, without the two that every folder has; in no order.
    public static func names(in folder: String) throws(SystemCallError) -> [String] {
        guard let directory = unsafe opendir(folder) else {
            throw SystemCallError(call: "opendir", code: errno)
        }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
