using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace IdentityProvider.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class PreviousHandlesAndRefusals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<byte[]>(
                name: "previous_handle_hash",
                table: "sessions",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "refusals",
                table: "outbox",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateIndex(
                name: "IX_sessions_previous_handle_hash",
                table: "sessions",
                column: "previous_handle_hash",
                filter: "previous_handle_hash IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_sessions_previous_handle_hash",
                table: "sessions");

            migrationBuilder.DropColumn(
                name: "previous_handle_hash",
                table: "sessions");

            migrationBuilder.DropColumn(
                name: "refusals",
                table: "outbox");
        }
    }
}
