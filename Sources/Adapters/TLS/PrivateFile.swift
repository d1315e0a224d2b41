// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import SystemCalls

/// Small files that hold keys and certificates, readable by their owner only.
enum PrivateFile {
    static func exists(_ path: String) -> Bool {
        // A file that may not be looked at exists too: reading it will say what is wrong.
        unsafe access(path, F_OK) == 0 || errno != ENOENT
    }

    /// The whole file.
    static func read(_ path: String, fix: String) throws(TLSError) -> [UInt8] {
        do throws(SystemCallError) {
            return try SmallFile.read(path)
        } catch {
            if error.code == EFBIG { throw TLSError(path, "this file is larger than 1 MiB", fix: fix) }
            throw .system(path, "\(error.call) this file", error.code, fix: fix)
        }
    }

    /// Puts a file in place whole or not at all, and on the disk before it returns.
    static func write(_ bytes: [UInt8], to path: String) throws(TLSError) {
        let fix = "Parley's user must be able to write to this folder, and the disk must not be full."
        let temporary = path + ".new"
        unsafe unlink(temporary)
        // 0600 from the first moment: a key must never have been readable.
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(temporary, "make this file", errno, fix: fix) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let isComplete = written == bytes.count && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isComplete else {
            unsafe unlink(temporary)
            throw .system(temporary, "write this file", code, fix: fix)
        }
        guard unsafe rename(temporary, path) == 0 else {
            throw .system(path, "replace this file", errno, fix: fix)
        }
        syncFolder(of: path)
    }

    /// Removes a file if it is there.
    static func remove(_ path: String) throws(TLSError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .system(
                path, "remove this file", errno, fix: "Parley's user must be able to write to its folder.")
        }
        syncFolder(of: path)
    }

    /// Makes a folder for its owner only, unless it is there.
    static func makeFolder(_ path: String) throws(TLSError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(
                path, "make this folder", errno,
                fix: "Make it for Parley's user, or choose another data folder with --data.")
        }
    }

    /// A new name is on the disk only when its folder is.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
