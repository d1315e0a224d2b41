// SPDX-License-Identifier: Apache-2.0
internal import Storage

/// Why an account cannot do what was asked for.
enum AccountRefusal: Error, Hashable, Sendable {
    case taken
    case unknown
    /// The address and the password do not belong together, or the account is disabled.
    case wrong
    case invalidEmail
    case invalidName
    case invalidTitle
    case invalidZone
    case weakPassword
    /// Too many tries by this address or for this account.
    case tooFast
    /// Too many passwords wait to be checked.
    case busy
    case storage(StorageError)

    /// The machine word.
    var name: String {
        switch self {
        case .taken: "email-taken"
        case .unknown: "no-such-user"
        case .wrong: "wrong-password"
        case .invalidEmail: "invalid-email"
        case .invalidName: "invalid-name"
        case .invalidTitle: "invalid-title"
        case .invalidZone: "invalid-zone"
        case .weakPassword: "weak-password"
        case .tooFast: "too-many-requests"
        case .busy: "overloaded"
        case .storage: "storage-failed"
        }
    }

    var message: String {
        switch self {
        case .taken: "There is an account with this address already."
        case .unknown: "There is no such account."
        case .wrong: "The address or the password is wrong."
        case .invalidEmail: "The address is not one of e-mail."
        case .invalidName: "A name has 1 to \(AccountRules.nameLength) characters."
        case .invalidTitle: "A title has at most \(AccountRules.nameLength) characters."
        case .invalidZone: "The time zone is not one that this machine knows, such as Europe/Lisbon."
        case .weakPassword:
            "A password has \(AccountRules.passwordLength.lowerBound) to "
                + "\(AccountRules.passwordLength.upperBound) characters."
        case .tooFast: "That was too often. Try again in a few minutes."
        case .busy: "The server has too much to do. Try again in a moment."
        case .storage: "The server cannot reach its storage just now."
        }
    }
}

/// What the fields of an account may be.
enum AccountRules {
    static let nameLength = 60
    static let passwordLength = 8...200

    /// The address without blanks around it, if it can be one: `local@domain`, 254 bytes at most. RFC 5321 §4.5.3.1
    static func email(_ text: String) -> String? {
        let text = trimmed(text)
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64 else {
            return nil
        }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !",;<>()[]\\\"".unicodeScalars.contains(scalar)
                && !scalar.properties.isWhitespace
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard isPlain, labels.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }) else {
            return nil
        }
        return text
    }

    /// The name without blanks around it and without line breaks; `nil` when nothing or too much is left.
    static func name(_ text: String) -> String? {
        let text = trimmed(text)
        return text.isEmpty || !isLine(text) ? nil : text
    }

    static func title(_ text: String) -> String? {
        let text = trimmed(text)
        return isLine(text) ? text : nil
    }

    static func isPassword(_ text: String) -> Bool {
        passwordLength.contains(text.count) && text.utf8.count <= 1000
    }

    private static func isLine(_ text: String) -> Bool {
        text.count <= nameLength && text.utf8.count <= nameLength * 16
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static func trimmed(_ text: String) -> String {
        let front = text.drop(while: \.isWhitespace)
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }
}
