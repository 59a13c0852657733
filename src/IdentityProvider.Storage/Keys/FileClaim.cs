using System.ComponentModel;
using System.Runtime.InteropServices;

namespace IdentityProvider.Storage.Keys;

/// <summary>Gives a finished file its name, unless another process was first.</summary>
public static partial class FileClaim
{
    /// <summary>Linux and macOS number it alike.</summary>
    private const int FileExists = 17;

    /// <summary>
    /// Decides for one process; false: the name is taken. <see cref="File.Move(string, string, bool)"/> does so on Windows only: elsewhere it
    /// looks whether the name is free, and then renames. The draft may be left over.
    /// </summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static bool TryName(string draft, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Link(draft, path) == 0
                || (Marshal.GetLastPInvokeError() == FileExists ? false : throw new IOException($"{path} cannot be made: {new Win32Exception().Message}."));
        }

        try
        {
            File.Move(draft, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
