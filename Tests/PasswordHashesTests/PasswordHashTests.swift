// SPDX-License-Identifier: Apache-2.0
import PasswordHashes
import Testing

@Suite("Password hashes")
struct PasswordHashTests {
    /// Of "U*U", from the test vectors of the algorithm's authors.
    static let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    /// Of "Hello world!", from the specification of SHA-crypt.
    static let sha512 =
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI"
        + "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"

    @Test("match their own password only", arguments: [(bcrypt, "U*U"), (sha512, "Hello world!")])
    func matches(_ hash: String, _ password: String) throws {
        let hash = try #require(PasswordHash(hash))
        #expect(hash.matches(password))
        for other in ["", password + "x", password + "\0", password + "\0x", password.lowercased()] {
            #expect(!hash.matches(other))
        }
    }

    @Test(
        "are not made of anything else",
        arguments: [
            "", "secret", "*0", "ab01FAX.bQRSU", "$2b$", "$9$abc", String(bcrypt.dropLast()), bcrypt + "x",
        ])
    func refuses(_ text: String) { #expect(PasswordHash(text) == nil) }
}
