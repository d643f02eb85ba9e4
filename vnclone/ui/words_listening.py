"""Strings of the player, of the text beside it, and of reading a paragraph again. `words.say` leads to them."""

from __future__ import annotations

from vnclone.models import Said

LISTENING: dict[str, Said] = {
    # the player
    "listen_play": Said("Phát", "Play"),
    "listen_pause": Said("Dừng phát", "Pause playback"),
    "listen_back": Said("Lùi 15 giây", "Back 15 seconds"),
    "listen_forward": Said("Tới 15 giây", "Forward 15 seconds"),
    "listen_seek": Said("Vị trí trong bản đọc", "Position in the recording"),
    "listen_speed": Said("Tốc độ phát", "Playback speed"),
    "listen_at": Said("{now} / khoảng {total}", "{now} / about {total}"),
    "listen_at_exact": Said("{now} / {total}", "{now} / {total}"),
    "listen_waiting": Said("Đang chờ câu tiếp theo…", "Waiting for the next sentence…"),
    "listen_paused": Said(
        "Mới đọc đến {time}. Khi đọc tiếp, tiếng sẽ phát tiếp từ đây.",
        "Read as far as {time}. When the reading goes on, so does the sound.",
    ),
    "listen_broken": Said(
        "Mất kết nối ở {time}. Sẽ tự phát tiếp khi có mạng.",
        "The connection broke at {time}. It goes on by itself when it is back.",
    ),
    # the text
    "script_title": Said("Lời đọc", "Text"),
    "script_follow": Said("Cuộn theo lời đọc", "Follow along"),
    "script_flawed": Said("Nên nghe lại câu này.", "Listen to this sentence again."),
    "script_gap": Said(
        "Câu này không đọc được nên để trống. Hãy đọc lại đoạn này.",
        "This sentence could not be read and was left empty. Read this paragraph again.",
    ),
    "script_unready": Said("Chưa đọc tới câu này.", "Not read yet."),
    # reading a paragraph again
    "redo_open": Said("Đọc lại đoạn này", "Read this paragraph again"),
    "redo_chapter": Said("Đổi giọng cả chương", "Change the chapter's voice"),
    "redo_chapter_go": Said("Đọc cả chương bằng giọng này", "Read the chapter in this voice"),
    "redo_take": Said("Đọc lại (bản khác)", "Read again (another take)"),
    "redo_changed": Said("Đọc lại như đã sửa", "Read again as changed"),
    "redo_text": Said("Sửa lời", "Change the words"),
    "redo_text_hint": Said(
        "Lời mới được đọc theo cách thông thường và hiện trong bài.",
        "New words are read as usual and shown in the text.",
    ),
    "redo_spoken": Said("Cách đọc", "How it is said"),
    "redo_spoken_hint": Said(
        "Viết đúng như cần đọc, ví dụ “ét ép ép”. Lời hiện trong bài không đổi.",
        "Write it the way it should sound. The text that is shown stays as it is.",
    ),
    "redo_voice": Said("Giọng đọc", "Voice"),
    "redo_takes": Said("Các bản đã đọc", "Takes so far"),
    "redo_listen": Said("Nghe bản {number}", "Listen to take {number}"),
    "redo_choose": Said("Chọn", "Choose"),
    "redo_chosen": Said("Đang dùng", "In use"),
    "redo_close": Said("Đóng", "Close"),
    "redo_loading": Said("Đang mở…", "Opening…"),
    "redo_busy": Said(
        "Đang đọc lại… Bản cũ vẫn nghe được trong lúc chờ.", "Reading again… The old one plays meanwhile."
    ),
    "redo_failed": Said("Chưa đọc lại được.", "It could not be read again."),
    "redo_no_answer": Said(
        "Máy chủ chưa trả lời. Hãy kiểm tra mạng rồi thử lại; những gì bạn đã nhập vẫn còn.",
        "The server did not answer. Check your connection and try again; what you typed is kept.",
    ),
}
