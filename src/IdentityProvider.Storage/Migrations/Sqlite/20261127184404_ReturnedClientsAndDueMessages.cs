using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace IdentityProvider.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ReturnedClientsAndDueMessages : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_outbox_due_at",
                table: "outbox");

            migrationBuilder.AddColumn<long>(
                name: "returned_at",
                table: "clients",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_outbox_kind_due_at",
                table: "outbox",
                columns: new[] { "kind", "due_at" },
                filter: "given_up_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_consents_client_id",
                table: "consents",
                column: "client_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_outbox_kind_due_at",
                table: "outbox");

            migrationBuilder.DropIndex(
                name: "IX_consents_client_id",
                table: "consents");

            migrationBuilder.DropColumn(
                name: "returned_at",
                table: "clients");

            migrationBuilder.CreateIndex(
                name: "IX_outbox_due_at",
                table: "outbox",
                column: "due_at");
        }
    }
}
