// SPDX-License-Identifier: Apache-2.0
import Glibc

exit(run(Array(CommandLine.arguments.dropFirst())))
