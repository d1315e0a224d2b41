// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import STUN
internal import SystemCalls
internal import TLS
public import TURNRelay

/// What is wrong with a file of secrets or users, for the operator.
public struct RelayAccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The setting that names the file.
    public var key: String
    /// One clause, no full stop.
    public var problem: String

    public var description: String { "\(key): \(problem)" }
}

/// Who may relay: the secrets and users of the operator's files, or a secret of the server's own.
public struct RelayAccess: Hashable, Sendable {
    /// In order: the first makes new credentials, all are honoured.
    public var secrets: [[UInt8]]
    public var passwords: [String: String]

    public init(secrets: [[UInt8]] = [], passwords: [String: String] = [:]) {
        self.secrets = secrets
        self.passwords = passwords
    }

    /// What a server without a file of secrets uses: as hard to guess as the server's own secret, and of no use to find
    /// that out.
    public static func ownSecret(of secret: [UInt8]) -> [UInt8] {
        Digest.hmacSHA256(key: secret, Array("parley turn".utf8))
    }

    public var users: TURNUsers { TURNUsers(secrets: secrets, passwords: passwords) }

    /// Makes a credential that is good for `lifetime` from now; `nil` without a secret.
    public func credential(
        for name: String, lifetime: Duration, at now: WallClock
    ) -> (username: String, password: String, expires: WallClock)? {
        guard let secret = secrets.first else { return nil }
        let seconds = now.milliseconds / 1000 + lifetime.components.seconds
        let credential = TURNCredential(expiry: seconds, name: name, secret: secret, OpenSSLDigests())
        return (credential.username, credential.password, WallClock(milliseconds: seconds * 1000))
    }

    // MARK: Files

    /// Shorter secrets can be found by trying.
    private static let shortestSecret = 16

    /// The secrets in a file: one a line; empty lines and those that begin with `#` say nothing.
    static func secrets(in text: [UInt8]) throws(RelayAccessError) -> [[UInt8]] {
        var secrets: [[UInt8]] = []
        for (number, line) in lines(of: text) {
            guard line.count >= shortestSecret else {
                throw RelayAccessError(
                    key: secretsKey,
                    problem: "the secret in line \(number) is shorter than \(shortestSecret) bytes")
            }
            guard !secrets.contains(line) else {
                throw RelayAccessError(
                    key: secretsKey, problem: "the secret in line \(number) is there twice")
            }
            secrets.append(line)
        }
        guard !secrets.isEmpty else {
            throw RelayAccessError(key: secretsKey, problem: "there is no secret in it")
        }
        return secrets
    }

    /// The users in a file: `name:password` on each line.
    static func passwords(in text: [UInt8]) throws(RelayAccessError) -> [String: String] {
        var passwords: [String: String] = [:]
        for (number, line) in lines(of: text) {
            guard let sign = line.firstIndex(of: UInt8(ascii: ":")), sign > 0, sign + 1 < line.count,
                let name = String(validating: line[..<sign], as: UTF8.self),
                let password = String(validating: line[(sign + 1)...], as: UTF8.self)
            else {
                throw RelayAccessError(
                    key: usersKey, problem: "line \(number) is not of the form name:password")
            }
            guard name.utf8.count <= 508, line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw RelayAccessError(
                    key: usersKey, problem: "line \(number) is too long or has control characters")
            }
            // A name of digits is one that expires.
            guard TURNCredential.Name(username: name.utf8) == nil else {
                throw RelayAccessError(
                    key: usersKey,
                    problem: "the name in line \(number) looks like one that expires; begin it with a letter")
            }
            guard passwords.updateValue(password, forKey: name) == nil else {
                throw RelayAccessError(key: usersKey, problem: "\(name) in line \(number) is there twice")
            }
        }
        return passwords
    }

    static let secretsKey = "turn.secrets-file"
    static let usersKey = "turn.users-file"

    private static func lines(of text: [UInt8]) -> [(number: Int, line: [UInt8])] {
        text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .map { index, line in
                (index + 1, Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
            }
            .filter { !$0.1.isEmpty && $0.1.first != UInt8(ascii: "#") }
    }
}

/// The operator's files, which are read again when they change.
public struct RelayAccessFiles: Sendable {
    private let secretsFile: String?
    private let usersFile: String?
    /// For a server without a file of secrets.
    private let ownSecret: [UInt8]?
    private var last: RelayAccess?

    public init(secretsFile: String?, usersFile: String?, ownSecret: [UInt8]? = nil) {
        self.secretsFile = secretsFile
        self.usersFile = usersFile
        self.ownSecret = ownSecret
    }

    /// What the files say now.
    public mutating func read() throws(RelayAccessError) -> RelayAccess {
        var access = RelayAccess()
        if let secretsFile {
            access.secrets = try RelayAccess.secrets(in: Self.bytes(of: secretsFile, RelayAccess.secretsKey))
        } else if let ownSecret {
            access.secrets = [ownSecret]
        }
        if let usersFile {
            access.passwords = try RelayAccess.passwords(in: Self.bytes(of: usersFile, RelayAccess.usersKey))
        }
        last = access
        return access
    }

    /// What the files say now, if that is something else than the last time.
    public mutating func changed() throws(RelayAccessError) -> RelayAccess? {
        let former = last
        let access = try read()
        return access == former ? nil : access
    }

    private static func bytes(of file: String, _ key: String) throws(RelayAccessError) -> [UInt8] {
        do throws(SystemCallError) {
            return try SmallFile.read(file)
        } catch {
            throw RelayAccessError(key: key, problem: "\(file) cannot be read: \(error.reason)")
        }
    }
}
