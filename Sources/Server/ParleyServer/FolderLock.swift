// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import SystemCalls

/// Keeps a second server away from a data folder. The kernel lets go of it however the process ends.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ folder: String) throws(StartError) {
        let path = folder + "/parley.lock"
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw StartError("data.folder: \(path) cannot be opened: \(SystemCallError.text(of: errno))")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw StartError(
                "data.folder: another Parley is using \(folder)",
                fix: "Stop it, or choose another folder with --data.")
        }
        descriptor = Mutex(opened)
    }

    /// Also done when the server that holds it is let go of, or fails to start.
    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }
}
