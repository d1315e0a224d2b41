// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A certificate and its key in files that somebody else renews.
public struct CertificateFiles: Sendable {
    private let certificateChainFile: String
    private let privateKeyFile: String
    private var known: [FileStamp?]

    /// What is different about a file that was written or replaced. Of a link, that of what it leads to.
    private struct FileStamp: Hashable, Sendable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            seconds = Int(status.st_mtim.tv_sec)
            nanoseconds = Int(status.st_mtim.tv_nsec)
        }
    }

    /// Takes the files as they are now for known: make it before the context that is in use.
    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        known = [FileStamp(certificateChainFile), FileStamp(privateKeyFile)]
    }

    /// A context of the files as they are.
    public func context() throws(TLSError) -> TLSContext {
        try TLSContext(certificateChainFile: certificateChainFile, privateKeyFile: privateKeyFile)
    }

    /// A context of the files if they have changed since the last one; `nil` if not.
    ///
    /// When it throws, the context in use stays right: perhaps one file is written and the other is about to
    /// be. The next call tries again.
    public mutating func changed() throws(TLSError) -> TLSContext? {
        let found = [FileStamp(certificateChainFile), FileStamp(privateKeyFile)]
        guard found != known else { return nil }
        let context = try context()
        known = found
        return context
    }
}
