using System.Text.Json.Serialization;

namespace IdentityProvider.Storage.Database;

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string[][]))]
internal sealed partial class StorageJson : JsonSerializerContext;
