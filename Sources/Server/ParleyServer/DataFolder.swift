// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
public import ServerConfig
internal import Storage
internal import TLS

/// What an operator does with a data folder from the shell, whether or not a server runs on it.
public struct DataFolder: Sendable {
    let config: ServerConfig
    private var database: String { config.data.database }

    public init(_ config: ServerConfig) { self.config = config }

    /// Writes a copy of the database, as it is at one moment, to a new file. The server may be running.
    public func backUp(to file: String) throws(StartError) {
        try stored { () throws(StorageError) in try SQLiteFile.copy(database, to: file) }
    }

    /// Replaces the database with a copy of `file`. Refuses while a server runs, and files that are no sound
    /// database of Parley; then nothing has changed.
    ///
    /// Nobody stays signed in, and no browser the host: that may have been ended after the backup.
    /// - Returns: where the old database is now; `nil` when there was none.
    public func restore(from file: String) throws(StartError) -> String? {
        try ParleyServer.makeFolder(config.data.folder)
        let lock = try FolderLock(config.data.folder)
        defer { lock.release() }
        let old = "\(database).before-\(WallClock.system().milliseconds)"
        var random = SystemRandomSource()
        let settings = [HostAccess.generationSetting: HostAccess.newGeneration(&random)]
        let hadOne = try stored { () throws(StorageError) in
            try SQLiteFile.replace(database, with: file, movingTo: old, settings: settings)
        }
        return hadOne ? old : nil
    }

    /// The accounts in this folder.
    public func openAccounts() throws(StartError) -> AccountDesk {
        try ParleyServer.makeFolder(config.data.folder)
        // Keeps a server from starting meanwhile. Who does not get it works beside the server that has it.
        let lock = try? FolderLock(config.data.folder)
        let store = try stored { () throws(StorageError) in
            try SQLiteStore(path: database, upgrades: lock != nil)
        }
        return AccountDesk(store, lock)
    }

    /// What the server on this folder signs with; made now if it has never run.
    func serverSecret() throws(StartError) -> [UInt8] {
        try ParleyServer.makeFolder(config.data.folder)
        let lock = try? FolderLock(config.data.folder)
        defer { lock?.release() }
        let store = try stored { () throws(StorageError) in
            try SQLiteStore(path: database, upgrades: lock != nil)
        }
        defer { store.close() }
        var random = SystemRandomSource()
        return try ParleyServer.secret(in: store, &random)
    }

    private func stored<Value>(_ body: () throws(StorageError) -> Value) throws(StartError) -> Value {
        do throws(StorageError) { return try body() } catch { throw StartError(error.description) }
    }
}
