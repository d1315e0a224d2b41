// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Whole database files: copied, checked, and moved out of the way.
public enum SQLiteFile {
    /// Writes a copy of the database at `path`, as it is at one moment, to a new file for its owner only.
    /// Servers may go on writing to the database.
    ///
    /// The copy is checked and on disk before it gets its name, and never has the name half-written.
    /// Refuses when there is a file of that name.
    public static func copy(_ path: String, to copy: String) throws(StorageError) {
        guard unsafe access(path, F_OK) == 0 else { throw StorageError(errno: errno, path: path) }
        let part = "\(copy).part-\(getpid())"
        let connection = try SQLiteConnection(path: path)
        _ = try SQLiteSchema.version(of: connection)
        // For its owner only from the first byte on; SQLite writes into an empty file that is there.
        let descriptor = unsafe open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError(errno: errno, path: part) }
        defer {
            close(descriptor)
            unsafe unlink(part)
        }
        try connection.run("VACUUM INTO ?", .text(part))
        try check(part)
        guard fsync(descriptor) == 0, unsafe link(part, copy) == 0 else {
            throw StorageError(errno: errno, path: copy)
        }
        synchronizeFolder(of: copy)
    }

    /// Reads all of the database at `path` and throws ``StorageError/Kind/damaged`` when it is not sound, or not
    /// Parley's. Leaves it as it is.
    public static func check(_ path: String) throws(StorageError) {
        guard unsafe access(path, F_OK) == 0 else { throw StorageError(errno: errno, path: path) }
        let connection = try SQLiteConnection(path: path)
        guard try SQLiteSchema.version(of: connection) > 0 else {
            throw StorageError(.damaged, message: "\(path): an empty file, not a database of Parley")
        }
        let complaints = try connection.rows("PRAGMA integrity_check(10)") { $0.text(0) }
        guard complaints == ["ok"] else {
            throw StorageError(.damaged, message: "\(path): damaged (\(complaints.first ?? ""))")
        }
        let orphans = try connection.rows("PRAGMA foreign_key_check") { $0.text(0) }
        guard orphans.isEmpty else {
            throw StorageError(
                .damaged, message: "\(path): damaged (\(orphans.count) rows belong to nothing)")
        }
    }

    /// Replaces the database at `path`, which nobody may have open, with a copy of `backup`, brought to this version.
    /// Throws, and leaves everything as it was, when `backup` is not a sound database of Parley.
    ///
    /// No session comes back with it: it may have been ended since.
    /// - Parameters:
    ///   - old: The name that the present database is moved to, with its journal. Nothing has it yet.
    ///   - settings: What the settings of these names are to be from now on, whatever they were.
    /// - Returns: whether there was a database to move.
    public static func replace(
        _ path: String, with backup: String, movingTo old: String, settings: [String: String] = [:]
    ) throws(StorageError) -> Bool {
        let fresh = "\(path).restoring"
        for suffix in ["", "-wal", "-shm", "-journal"] { unsafe unlink(fresh + suffix) }
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unsafe unlink(fresh + suffix) } }
        try copyBytes(of: backup, to: fresh)
        do throws(StorageError) {
            try check(fresh)
            // Upgraded before it is in use, so that a backup that cannot be is refused now.
            let connection = try SQLiteSchema.open(fresh)
            try connection.run("DELETE FROM sessions")
            for (name, value) in settings { try connection.set(name, to: value) }
        } catch {
            throw StorageError(
                error.kind, code: error.code, message: error.message.replacing(fresh, with: backup))
        }
        let hadOne = unsafe access(path, F_OK) == 0
        // The journal first: a database without it is older, a journal without its database is nothing.
        for suffix in ["-wal", "-shm", "-journal", ""] where unsafe access(path + suffix, F_OK) == 0 {
            guard unsafe rename(path + suffix, old + suffix) == 0 else {
                throw StorageError(errno: errno, path: path)
            }
        }
        guard unsafe rename(fresh, path) == 0 else { throw StorageError(errno: errno, path: path) }
        synchronizeFolder(of: path)
        return hadOne
    }

    /// Copies a file of any size to a new one for its owner only, through to the disk.
    private static func copyBytes(of source: String, to copy: String) throws(StorageError) {
        let input = unsafe open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw StorageError(errno: errno, path: source) }
        defer { close(input) }
        let output = unsafe open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw StorageError(errno: errno, path: copy) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = unsafe read(input, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else { throw StorageError(errno: errno, path: source) }
            // Files take all of it, or the disk is full.
            guard unsafe write(output, buffer, count) == count else {
                throw StorageError(errno: errno, path: copy)
            }
        }
        guard fsync(output) == 0 else { throw StorageError(errno: errno, path: copy) }
    }

    /// A new name is on disk when its folder is.
    private static func synchronizeFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
