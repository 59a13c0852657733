using Npgsql;
using NpgsqlTypes;

namespace IdentityProvider.Storage.Database;

/// <summary>Positional parameters, in the order of the statement's numbers, each with its type, so that a null has one too.</summary>
internal static class PostgresCommands
{
    public static NpgsqlCommand Text(this NpgsqlCommand command, string? value) => command.Add(NpgsqlDbType.Text, value);

    public static NpgsqlCommand Texts(this NpgsqlCommand command, IReadOnlyList<string>? values) =>
        command.Add(NpgsqlDbType.Text | NpgsqlDbType.Array, values as string[] ?? values?.ToArray());

    public static NpgsqlCommand Uuid(this NpgsqlCommand command, Guid? value) => command.Add(NpgsqlDbType.Uuid, value);

    public static NpgsqlCommand Bytes(this NpgsqlCommand command, byte[]? value) => command.Add(NpgsqlDbType.Bytea, value);

    public static NpgsqlCommand Boolean(this NpgsqlCommand command, bool value) => command.Add(NpgsqlDbType.Boolean, value);

    public static NpgsqlCommand Integer(this NpgsqlCommand command, int value) => command.Add(NpgsqlDbType.Integer, value);

    public static NpgsqlCommand Bigint(this NpgsqlCommand command, long value) => command.Add(NpgsqlDbType.Bigint, value);

    public static NpgsqlCommand Time(this NpgsqlCommand command, DateTimeOffset value) =>
        command.Add(NpgsqlDbType.TimestampTz, value.ToUniversalTime());

    public static NpgsqlCommand Interval(this NpgsqlCommand command, TimeSpan? value) => command.Add(NpgsqlDbType.Interval, value);

    public static NpgsqlBatchCommand Text(this NpgsqlBatchCommand command, string? value) => command.Add(NpgsqlDbType.Text, value);

    public static NpgsqlBatchCommand Uuid(this NpgsqlBatchCommand command, Guid? value) => command.Add(NpgsqlDbType.Uuid, value);

    public static NpgsqlBatchCommand Bytes(this NpgsqlBatchCommand command, byte[] value) => command.Add(NpgsqlDbType.Bytea, value);

    public static NpgsqlBatchCommand Boolean(this NpgsqlBatchCommand command, bool value) => command.Add(NpgsqlDbType.Boolean, value);

    public static NpgsqlBatchCommand Bigint(this NpgsqlBatchCommand command, long value) => command.Add(NpgsqlDbType.Bigint, value);

    public static NpgsqlBatchCommand Time(this NpgsqlBatchCommand command, DateTimeOffset value) =>
        command.Add(NpgsqlDbType.TimestampTz, value.ToUniversalTime());

    public static NpgsqlBatchCommand Interval(this NpgsqlBatchCommand command, TimeSpan value) => command.Add(NpgsqlDbType.Interval, value);

    private static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }

    private static NpgsqlCommand Add(this NpgsqlCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }
}
