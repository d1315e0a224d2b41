// SPDX-License-Identifier: Apache-2.0

extension HTTPRequestHead {
    /// Parses a head whose lines all end in CR LF and hold no other control character but tabs, as
    /// `FieldSectionScanner` has made sure. `bytes` ends with the empty line. The framing is still to
    /// be checked.
    init(parsing bytes: [UInt8], limits: HTTPLimits) throws(HTTPRefusal) {
        let lineEnd = bytes.firstIndex(of: ASCII.cr) ?? bytes.endIndex
        let (method, target, version) = try Self.requestLine(bytes[..<lineEnd])
        guard target.count <= limits.maxTargetBytes else { throw HTTPRefusal(.uriTooLong, "target too long") }
        self.init(
            HTTPMethod(rawValue: String(decoding: method, as: UTF8.self)),
            String(decoding: target, as: UTF8.self), version: version,
            headers: try HTTPHeaders(parsing: bytes, from: lineEnd + 2))
        try Self.check(target: target, of: self.method)
        try checkHost()
    }

    /// `method SP request-target SP HTTP-version`, one space each. RFC 9112 §3.
    private static func requestLine(
        _ line: ArraySlice<UInt8>
    ) throws(HTTPRefusal) -> (method: ArraySlice<UInt8>, target: ArraySlice<UInt8>, version: HTTPVersion) {
        guard let methodEnd = line.firstIndex(of: ASCII.space),
            let targetEnd = line[(methodEnd + 1)...].firstIndex(of: ASCII.space)
        else { throw HTTPRefusal(.badRequest, "request line needs three parts") }
        let method = line[..<methodEnd]
        guard !method.isEmpty, method.allSatisfy(ASCII.isToken) else {
            throw HTTPRefusal(.badRequest, "invalid method")
        }
        let target = line[(methodEnd + 1)..<targetEnd]
        return (method, target, try parseVersion(line[(targetEnd + 1)...]))
    }

    private static func parseVersion(_ text: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPVersion {
        let start = text.startIndex
        guard text.count == 8, text.starts(with: "HTTP/".utf8), ASCII.isDigit(text[start + 5]),
            text[start + 6] == UInt8(ascii: "."), ASCII.isDigit(text[start + 7])
        else { throw HTTPRefusal(.badRequest, "invalid HTTP version") }
        guard text[start + 5] == UInt8(ascii: "1") else {
            throw HTTPRefusal(.versionNotSupported, "only HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        return text[start + 7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    /// Origin form, absolute form, or `*` with OPTIONS; there is no proxy here to CONNECT through.
    /// RFC 9112 §3.2.
    private static func check(target: ArraySlice<UInt8>, of method: HTTPMethod) throws(HTTPRefusal) {
        guard method != .connect else { throw HTTPRefusal(.notImplemented, "not a proxy") }
        // Browsers send some characters that RFC 3986 wants escaped, such as `|`: those may pass.
        guard target.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") }) else {
            throw HTTPRefusal(.badRequest, "invalid character in target")
        }
        if target.first == ASCII.slash || method == .options && Array(target) == [UInt8(ascii: "*")] {
            return
        }
        guard let start = authorityStart(target) else { throw HTTPRefusal(.badRequest, "invalid target") }
        let authority = target[start...].prefix { $0 != ASCII.slash && $0 != UInt8(ascii: "?") }
        guard HTTPAuthority(parsing: authority) != nil else {
            throw HTTPRefusal(.badRequest, "invalid authority in target")
        }
    }

    /// HTTP/1.1 requests carry exactly one valid `Host`; HTTP/1.0 ones at most one. RFC 9112 §3.2.
    private func checkHost() throws(HTTPRefusal) {
        guard let host = headers.bytes(of: "Host") else {
            guard version == .http10 else { throw HTTPRefusal(.badRequest, "no Host field") }
            return
        }
        guard headers.count(of: "Host") == 1 else {
            throw HTTPRefusal(.badRequest, "more than one Host field")
        }
        guard HTTPAuthority(parsing: host) != nil else { throw HTTPRefusal(.badRequest, "invalid Host") }
    }

    /// How the content ends. Whatever two readers could understand differently is refused, because the
    /// difference is how requests are smuggled past a proxy. RFC 9112 §6.3, §11.2.
    func checkedFraming() throws(HTTPRefusal) -> HTTPBodyFraming {
        let length = headers.bytes(of: "Content-Length")
        if headers.contains("Transfer-Encoding") {
            guard length == nil else {
                throw HTTPRefusal(.badRequest, "both Content-Length and Transfer-Encoding")
            }
            try checkTransferEncoding()
            return .chunked
        }
        guard let length else { return .none }
        guard headers.count(of: "Content-Length") == 1, !length.isEmpty, length.allSatisfy(ASCII.isDigit)
        else {
            throw HTTPRefusal(.badRequest, "invalid Content-Length")
        }
        var value = 0
        for digit in length {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !overflow, !carry else { throw HTTPRefusal(.contentTooLarge, "content too large") }
            value = sum
        }
        return .length(value)
    }

    private func checkTransferEncoding() throws(HTTPRefusal) {
        guard version == .http11 else { throw HTTPRefusal(.badRequest, "Transfer-Encoding in HTTP/1.0") }
        guard headers.count(of: "Transfer-Encoding") == 1, let coding = headers.bytes(of: "Transfer-Encoding")
        else { throw HTTPRefusal(.badRequest, "more than one Transfer-Encoding field") }
        if ASCII.equal(coding, ignoringCaseOf: "chunked".utf8) { return }
        // `gzip, chunked` is legal and could be read if we wanted to; anything else is not.
        let codings = coding.split(separator: UInt8(ascii: ",")).map(\.trimmed)
        let plain = codings.dropLast().allSatisfy { coding in
            !coding.isEmpty && coding.allSatisfy(ASCII.isToken)
                && !ASCII.equal(coding, ignoringCaseOf: "chunked".utf8)
        }
        guard codings.count > 1, plain, let last = codings.last,
            ASCII.equal(last, ignoringCaseOf: "chunked".utf8)
        else { throw HTTPRefusal(.badRequest, "invalid Transfer-Encoding") }
        throw HTTPRefusal(.notImplemented, "unknown transfer coding")
    }
}

extension HTTPHeaders {
    /// Parses the field lines of `bytes` from `start` to the empty line. RFC 9112 §5.
    init(parsing bytes: [UInt8], from start: Int) throws(HTTPRefusal) {
        var fields: [Field] = []
        fields.reserveCapacity(16)
        var lineStart = start
        while lineStart < bytes.count, bytes[lineStart] != ASCII.cr {
            fields.append(try Self.fieldLine(of: bytes, at: &lineStart))
        }
        self.init(text: bytes, fields: fields)
    }

    /// `field-name ":" OWS field-value OWS`; leaves `position` at the next line.
    private static func fieldLine(of bytes: [UInt8], at position: inout Int) throws(HTTPRefusal) -> Field {
        let start = position
        var index = start
        while index < bytes.count, ASCII.isToken(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] == ASCII.colon, index > start else {
            // A line that starts with a space would continue the one before (`obs-fold`), and a space
            // before the colon is read as part of the name by some: both hide fields from a proxy.
            throw HTTPRefusal(.badRequest, "invalid field name")
        }
        let name = start..<index
        index += 1
        while index < bytes.count, ASCII.isWhitespace(bytes[index]) { index += 1 }
        let valueStart = index
        while index < bytes.count, bytes[index] != ASCII.cr { index += 1 }
        var valueEnd = index
        while valueEnd > valueStart, ASCII.isWhitespace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        position = index + 2
        return Field(name: name, value: valueStart..<valueEnd)
    }
}
