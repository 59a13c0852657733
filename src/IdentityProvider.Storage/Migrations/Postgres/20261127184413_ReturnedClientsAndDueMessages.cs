using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace IdentityProvider.Storage.Migrations.Postgres
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

            migrationBuilder.AlterTable(
                name: "used_challenges")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "security_events")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "revoked_access_tokens")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "reference_tokens")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "outbox")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.02);

            migrationBuilder.AlterTable(
                name: "interactions")
                .Annotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "returned_at",
                table: "clients",
                type: "timestamp with time zone",
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

            migrationBuilder.AlterTable(
                name: "used_challenges")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "security_events")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "revoked_access_tokens")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "reference_tokens")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.AlterTable(
                name: "outbox")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.02);

            migrationBuilder.AlterTable(
                name: "interactions")
                .OldAnnotation("Npgsql:StorageParameter:autovacuum_vacuum_scale_factor", 0.050000000000000003);

            migrationBuilder.CreateIndex(
                name: "IX_outbox_due_at",
                table: "outbox",
                column: "due_at");
        }
    }
}
