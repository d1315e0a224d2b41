// SPDX-License-Identifier: Apache-2.0

/// How text stands in the value of a property. RFC 5545 §3.3.11.
public enum ICalendarText {
    public static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.replacingLineEnds.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": escaped += "\\\(scalar)"
            case "\n": escaped += #"\n"#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    public static func unescape(_ value: String) -> String {
        var text = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in value.unicodeScalars {
            if isEscaped {
                text.append(scalar == "n" || scalar == "N" ? "\n" : scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }
}

extension String {
    /// Each of the three line ends as one line feed.
    fileprivate var replacingLineEnds: String {
        guard unicodeScalars.contains("\r") else { return self }
        var text = String.UnicodeScalarView()
        var wasReturn = false
        for scalar in unicodeScalars {
            if scalar != "\n" || !wasReturn { text.append(scalar == "\r" ? "\n" : scalar) }
            wasReturn = scalar == "\r"
        }
        return String(text)
    }
}
