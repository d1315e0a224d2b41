// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import SystemCalls

/// What is wrong with a key, a certificate or the folder they live in, and how to put it right.
///
/// For the operator, at start: a peer that breaks the protocol is a ``TLSResult/failed``, not an error.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or folder concerned; empty when the problem is not about one.
    public var file: String
    /// One clause, no full stop: `"the private key does not belong to the certificate"`.
    public var problem: String
    /// What to do about it, a sentence.
    public var fix: String

    init(_ file: String, _ problem: String, fix: String) {
        self.file = file
        self.problem = problem
        self.fix = fix
    }

    public var description: String { "\(file.isEmpty ? "" : file + ": ")\(problem). \(fix)" }

    /// OpenSSL refused something it should have accepted: `call` names what.
    static func library(_ call: String) -> TLSError {
        TLSError("", "\(call): \(takeLibraryReason())", fix: "Check the installation of OpenSSL 3 (libssl3).")
    }

    /// A file operation failed with `errno`.
    static func system(_ file: String, _ action: String, _ code: Int32, fix: String) -> TLSError {
        TLSError(file, "cannot \(action): \(SystemCallError.text(of: code))", fix: fix)
    }

    /// The newest reason on OpenSSL's error stack, which is left empty.
    private static func takeLibraryReason() -> String {
        defer { ERR_clear_error() }
        guard let reason = unsafe ERR_reason_error_string(ERR_peek_last_error()) else { return "failed" }
        return unsafe String(cString: reason)
    }
}
