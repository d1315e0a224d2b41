// SPDX-License-Identifier: Apache-2.0
import Glibc
import ServerConfig
import SystemCalls

/// What the program is told by the system rather than by its arguments.
enum SystemFiles {
    /// The variables the program was started with. Swift shows no safe `environ`, and the kernel keeps them here.
    static func environment() -> [String: String] {
        guard let bytes = try? SmallFile.read("/proc/self/environ") else { return [:] }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            let pair = String(decoding: entry, as: UTF8.self)
                .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // The first of two wins, as in getenv(3).
            if pair.count == 2, variables[String(pair[0])] == nil {
                variables[String(pair[0])] = String(pair[1])
            }
        }
        return variables
    }

    @Sendable static func readConfiguration(_ path: String) -> ConfigLayers.File {
        do throws(SystemCallError) {
            return .text(try SmallFile.read(path))
        } catch {
            let isMissing = error.code == ENOENT || error.code == ENOTDIR
            return isMissing ? .missing : .unreadable("cannot read this file: \(error.reason)")
        }
    }

    /// One clause that says why a file is no logo; `nil` when it is one.
    @Sendable static func whyNoLogo(_ path: String) -> String? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try SmallFile.read(path)
        } catch {
            return error.reason.lowercased()
        }
        do throws(LogoFile.Refusal) {
            _ = try LogoFile(bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    /// One clause that says why a file cannot be read; `nil` when it can.
    @Sendable static func whyUnusable(_ path: String) -> String? {
        do throws(SystemCallError) {
            _ = try SmallFile.read(path)
            return nil
        } catch {
            return error.reason.lowercased()
        }
    }
}
