"""Every string of the page, in Vietnamese and English. `say` is the only way to one."""

from __future__ import annotations

from vnclone.models import Said
from vnclone.ui.words_documents import DOCUMENTS
from vnclone.ui.words_lexicon import LEXICON
from vnclone.ui.words_listening import LISTENING
from vnclone.ui.words_recordings import RECORDINGS

WORDS: dict[str, Said] = (
    {
        # the frame around everything
        "tagline": Said("Nghe tài liệu bằng giọng của bạn", "Your documents, read in your voice"),
        "switch": Said("English", "Tiếng Việt"),
        "switch_hint": Said("Switch to English", "Chuyển sang tiếng Việt"),
        "theme": Said("Đổi nền sáng hoặc tối", "Switch between light and dark"),
        "sign_out": Said("Đăng xuất", "Sign out"),
        "signed_in_as": Said("Đang đăng nhập: {name}", "Signed in as {name}"),
        "source": Said("Mã nguồn (AGPL-3.0)", "Source code (AGPL-3.0)"),
        "private": Said(
            "Giọng nói và tài liệu của bạn chỉ nằm trên máy chủ này.", "Your voices and documents stay on this server."
        ),
        "tab_voices": Said("Giọng nói", "Voices"),
        "tab_documents": Said("Tài liệu", "Documents"),
        "tab_generate": Said("Tạo audio", "Generate"),
        "tab_history": Said("Lịch sử", "History"),
        "lost": Said(
            "Mất kết nối với máy chủ. Trang sẽ tự kết nối lại; những gì bạn đã nhập vẫn còn.",
            "The connection to the server was lost. The page reconnects by itself; what you typed is kept.",
        ),
        "session_over": Said(
            "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại.", "Your session has ended. Please sign in again."
        ),
        "sign_in_again": Said("Đăng nhập lại", "Sign in again"),
        # guest
        "hero": Said("Nghe tài liệu bằng giọng của bạn", "Hear your documents in your own voice"),
        "pitch": Said(
            "Tải lên một bản ghi giọng nói và một tài liệu. vnclone đọc tài liệu ấy thành tiếng bằng chính giọng trong bản ghi, "
            "tiếng Việt và tiếng Anh.",
            "Upload a short recording and a document. vnclone reads the document aloud in the voice of the recording, "
            "in Vietnamese and English.",
        ),
        "step_voice": Said(
            "Ghi âm 15–30 giây giọng bạn muốn nghe", "Record 15–30 seconds of the voice you want to hear"
        ),
        "step_document": Said(
            "Chọn tài liệu PDF, Word, EPUB, ảnh chụp…, hay dán văn bản",
            "Choose a PDF, Word, EPUB, picture…, or paste text",
        ),
        "step_listen": Said(
            "Nghe ngay trong lúc tạo, rồi tải MP3 hoặc WAV", "Listen while it is made, then download MP3 or WAV"
        ),
        "sign_in": Said("Đăng nhập", "Sign in"),
        "register": Said("Tạo tài khoản", "Create an account"),
        "account_forms": Said("Đăng nhập hoặc tạo tài khoản", "Sign in or create an account"),
        "no_account": Said("Chưa có tài khoản?", "No account yet?"),
        "have_account": Said("Đã có tài khoản?", "Already have an account?"),
        "email": Said("Email", "Email"),
        "password": Said("Mật khẩu", "Password"),
        "password_hint": Said("Từ 8 đến 200 ký tự", "8 to 200 characters"),
        "full_name": Said("Họ và tên", "Full name"),
        "show_password": Said("Hiện mật khẩu", "Show the password"),
        "busy": Said("Đang gửi…", "Sending…"),
        "offline": Said(
            "Không kết nối được với máy chủ. Hãy kiểm tra mạng rồi thử lại.",
            "The server cannot be reached. Check your connection and try again.",
        ),
        "email_missing": Said("Hãy nhập email.", "Enter your email."),
        "email_wrong": Said("Email chưa đúng, ví dụ: ten@example.com.", "Enter an email such as name@example.com."),
        "password_missing": Said("Hãy nhập mật khẩu.", "Enter your password."),
        "password_short": Said(
            "Mật khẩu cần ít nhất {shortest} ký tự.", "A password needs at least {shortest} characters."
        ),
        "name_missing": Said("Hãy nhập họ và tên.", "Enter your full name."),
        # shared by forms and lists
        "choose_file": Said("Chọn tệp", "Choose a file"),
        "or_drop": Said("hoặc kéo thả tệp vào đây", "or drop it here"),
        "uploading": Said("Đang tải lên… {percent}%", "Uploading… {percent}%"),
        "upload_failed": Said(
            "Chưa tải lên được. Hãy kiểm tra mạng, hoặc đăng nhập lại rồi thử lần nữa.",
            "The upload did not work. Check your connection, or sign in again, then try once more.",
        ),
        "file_missing": Said("Hãy chọn một tệp trước.", "Choose a file first."),
        "file_too_large": Said(
            "Tệp này lớn hơn {limit}. Hãy chọn tệp nhỏ hơn.", "This file is larger than {limit}. Choose a smaller one."
        ),
        "delete": Said("Xoá", "Delete"),
        "rename": Said("Đổi tên", "Rename"),
        "cancel": Said("Huỷ", "Cancel"),
        "keep": Said("Giữ lại", "Keep"),
        "save": Said("Lưu", "Save"),
        "status_processing": Said("Đang xử lý", "Processing"),
        "status_ready": Said("Sẵn sàng", "Ready"),
        "status_failed": Said("Không thành công", "Failed"),
        "status_pending": Said("Đang chờ", "Waiting"),
        "status_paused": Said("Tạm dừng", "Paused"),
        "status_completed": Said("Hoàn tất", "Completed"),
        "status_cancelled": Said("Đã huỷ", "Cancelled"),
        # voices
        "voice_new": Said("Thêm giọng", "Add a voice"),
        "voice_hint": Said(
            "MP3 hoặc WAV (M4A, OGG, FLAC, WebM cũng được), từ {shortest} giây đến {longest}, tối đa {limit}, "
            "rõ tiếng và không ồn.",
            "MP3 or WAV (M4A, OGG, FLAC and WebM work too), from {shortest} seconds to {longest}, at most {limit}, "
            "clear and without background noise.",
        ),
        "voice_file": Said("Bản ghi giọng nói", "Voice recording"),
        "record": Said("Ghi âm bằng micro", "Record with the microphone"),
        "recording": Said("Dừng ghi ({seconds} giây)", "Stop recording ({seconds} s)"),
        "recorded": Said("Bản ghi từ micro, {seconds} giây", "Microphone recording, {seconds} s"),
        "record_denied": Said(
            "Trình duyệt chưa cho dùng micro. Hãy cho phép micro ở thanh địa chỉ, hoặc chọn tệp có sẵn.",
            "The browser does not allow the microphone yet. Allow it in the address bar, or choose a file.",
        ),
        "record_tip": Said(
            "Hãy đọc tự nhiên khoảng 15–30 giây ở nơi yên tĩnh.",
            "Read naturally for about 15–30 seconds in a quiet place.",
        ),
        "voice_name": Said("Tên giọng", "Name of the voice"),
        "voice_name_example": Said("Ví dụ: Giọng của mẹ", "For example: Mum's voice"),
        "transcript": Said("Nội dung bản ghi (không bắt buộc)", "What is said in the recording (optional)"),
        "transcript_hint": Said(
            "Giúp một số bộ đọc bắt chước giọng chính xác hơn.", "Helps some engines match the voice more closely."
        ),
        "consent": Said(
            "Đây là giọng của tôi, hoặc người nói đã đồng ý cho tôi dùng giọng này.",
            "This is my own voice, or the speaker has agreed to let me use it.",
        ),
        "consent_missing": Said(
            "Hãy đánh dấu vào ô xác nhận rằng bạn được phép dùng giọng nói này.",
            "Please tick the box to confirm that you may use this voice.",
        ),
        "voice_submit": Said("Tạo giọng", "Create the voice"),
        "voices_yours": Said("Giọng của bạn", "Your voices"),
        "voices_empty": Said("Chưa có giọng nào", "No voices yet"),
        "voices_empty_next": Said(
            "Tải lên hoặc ghi một đoạn giọng nói rõ ràng để bắt đầu.",
            "Upload or record some clear speech to begin.",
        ),
        "voice_ready": Said("Giọng “{name}” đã sẵn sàng.", "The voice “{name}” is ready."),
        "next_document": Said("Tiếp theo: thêm tài liệu", "Next: add a document"),
        "quality": Said("Chất lượng {score}/100", "Quality {score}/100"),
        "quality_good": Said("Bản ghi rõ ràng, dùng tốt.", "A clear recording that will work well."),
        "quality_reasons": Said("Vì sao?", "Why?"),
        "speech_seconds": Said("{seconds} tiếng nói", "{seconds} of speech"),
        "voice_listen": Said("Nghe bản ghi mẫu của giọng “{name}”", "Listen to the sample of “{name}”"),
        "voice_delete_ask": Said(
            "Xoá giọng “{name}”? Bản ghi mẫu và mọi dữ liệu tạo từ nó sẽ bị xoá hẳn; "
            "bản đọc đang tạo bằng giọng này sẽ dừng.",
            "Delete the voice “{name}”? Its sample recording and all data derived from it will be erased; "
            "audio being generated in this voice will stop.",
        ),
        "voice_delete_recordings": Said(
            "Xoá cả các bản đọc đã tạo bằng giọng này", "Also delete the audio made with this voice"
        ),
        "voice_transcript": Said("Nội dung bản ghi", "Transcript"),
        "voice_transcript_ask": Said(
            "Bản ghi này nói gì? (từng chữ; bộ đọc F5 cần)",
            "What does this recording say? (word for word; F5 needs it)",
        ),
        "voice_rename_ask": Said("Tên mới cho giọng này", "New name for this voice"),
        # generate
        "generate_voice": Said("Giọng đọc", "Voice"),
        "generate_source": Said("Đọc gì?", "What to read"),
        "source_document": Said("Tài liệu", "A document"),
        "source_text": Said("Văn bản tự nhập", "Typed text"),
        "generate_document": Said("Tài liệu", "Document"),
        "generate_text": Said("Văn bản", "Text"),
        "generate_text_example": Said("Dán hoặc nhập văn bản cần đọc…", "Paste or type the text to read…"),
        "language": Said("Ngôn ngữ", "Language"),
        "language_auto": Said("Tự nhận biết", "Detect automatically"),
        "language_vi": Said("Tiếng Việt", "Vietnamese"),
        "language_en": Said("Tiếng Anh", "English"),
        "accent": Said("Giọng vùng miền", "Accent"),
        "accent_north": Said("Miền Bắc", "Northern"),
        "accent_central": Said("Miền Trung", "Central"),
        "accent_south": Said("Miền Nam", "Southern"),
        "speed": Said("Tốc độ đọc", "Reading speed"),
        "speed_hint": Said("1 là tốc độ tự nhiên", "1 is the natural speed"),
        "more_options": Said("Thêm tuỳ chọn", "More options"),
        "engine": Said("Bộ đọc", "Engine"),
        "engine_auto": Said("Tự động (bộ đọc tốt nhất hiện có)", "Automatic (the best engine available)"),
        "engine_line": Said("{name} · {state}", "{name} · {state}"),
        "engine_state_downloading": Said("đang tải", "downloading"),
        "engine_state_ready": Said("sẵn sàng", "ready"),
        "engine_state_needs_download": Said("cần tải", "needs download"),
        "engine_state_not_installed": Said("chưa cài", "not installed"),
        "engine_state_unreachable": Said("chưa kết nối", "not connected"),
        "engine_vieneu": Said("VieNeu-TTS v3 Turbo", "VieNeu-TTS v3 Turbo"),
        "engine_vieneu_about": Said(
            "Giọng Việt tự nhiên nhất, đọc được cả tiếng Anh. 48 kHz.",
            "The most natural Vietnamese, and English too. 48 kHz.",
        ),
        "engine_vieneu_nano": Said("VieNeu-TTS v3 Nano", "VieNeu-TTS v3 Nano"),
        "engine_vieneu_nano_about": Said(
            "Nhanh hơn, cho máy yếu. Chỉ đọc tiếng Việt. 24 kHz.",
            "Faster, for modest machines. Vietnamese only. 24 kHz.",
        ),
        "engine_f5": Said("F5-TTS tiếng Việt", "F5-TTS Vietnamese"),
        "engine_f5_about": Said(
            "Rất giống giọng mẫu; cần card đồ hoạ và lời trong bản ghi. Không dùng cho mục đích thương mại.",
            "Very close to the sample; wants a graphics card and the sample's transcript. Not for commercial use.",
        ),
        "engine_gpt_sovits": Said("Máy chủ GPT-SoVITS", "GPT-SoVITS server"),
        "engine_gpt_sovits_about": Said(
            "Dùng một máy chủ GPT-SoVITS của bạn. Mô hình gốc không có tiếng Việt.",
            "Uses a GPT-SoVITS server of yours. Its official model has no Vietnamese.",
        ),
        "engine_parametric": Said("Tham số (có sẵn)", "Parametric (built in)"),
        "engine_parametric_about": Said(
            "Không cần tải, chạy trên mọi máy. Nghe hơi máy móc.",
            "Nothing to download, runs on any machine. Sounds a little mechanical.",
        ),
        "engine_licence": Said("Giấy phép: {licence}", "Licence: {licence}"),
        "engine_download": Said("Tải về ({size})", "Download ({size})"),
        "engine_check": Said("Kiểm tra tệp", "Check the files"),
        "engine_ask_owner": Said(
            "Hãy nhờ người lập máy chủ này (tài khoản đầu tiên) tải về.",
            "Ask this server's owner (its first account) to download it.",
        ),
        "engine_agree": Said("Đồng ý và tải", "Agree and download"),
        "engine_connecting": Said("Đang kết nối…", "Connecting…"),
        "engine_fetching": Said("Tiến độ tải", "Download progress"),
        "per_second": Said("{size}/giây", "{size}/s"),
        "engines_using": Said("Bộ đọc đang dùng: {name}.", "Engine in use: {name}."),
        "engines_better": Said("Xem các bộ đọc hay hơn", "See better engines"),
        "format": Said("Định dạng", "Format"),
        "estimate": Said("{words} · nghe khoảng {time}", "{words} · about {time} of audio"),
        "estimate_none": Said(
            "Chọn tài liệu hoặc nhập văn bản để xem thời lượng.",
            "Choose a document or type some text to see the length.",
        ),
        "generate_submit": Said("Tạo audio", "Generate audio"),
        "need_voice": Said("Hãy thêm một giọng trước", "Add a voice first"),
        "need_voice_next": Said(
            "Tải lên hoặc ghi âm một giọng nói, rồi quay lại đây để tạo audio.",
            "Upload or record a voice, then come back here to generate audio.",
        ),
        "need_voice_go": Said("Thêm giọng", "Add a voice"),
        "player_empty": Said("Bản đọc sẽ hiện ở đây", "Your audio will appear here"),
        "player_empty_next": Said(
            "Bạn nghe được ngay khi câu đầu tiên xong.", "You can listen as soon as the first sentence is done."
        ),
        "choose_voice": Said("Hãy chọn một giọng đọc.", "Choose a voice."),
        "choose_document": Said(
            "Hãy chọn một tài liệu, hoặc chuyển sang “Văn bản tự nhập”.",
            "Choose a document, or switch to “Typed text”.",
        ),
        "progress_chunks": Said("đoạn {done}/{total}", "part {done} of {total}"),
        "progress_eta": Said("còn {time}", "{time} left"),
        "progress_label": Said("Tiến độ tạo audio", "Audio generation progress"),
        "stop": Said("Huỷ", "Cancel"),
        "player_label": Said("Bản đọc “{title}”", "Audio of “{title}”"),
        "stay_hint": Said(
            "Hãy giữ trang này mở: card đồ hoạ dùng chung chỉ chạy khi bạn đang xem.",
            "Keep this page open: the shared graphics card runs only while you watch.",
        ),
        "away_hint": Said("Bạn có thể đóng trang; việc tạo vẫn tiếp tục.", "You can close the page; the work goes on."),
        "no_document": Said("Bạn chưa có tài liệu nào.", "You have no documents yet."),
    }
    | DOCUMENTS
    | RECORDINGS
    | LISTENING
    | LEXICON
)


def say(key: str, language: str, **values: object) -> str:
    """The sentence called `key` with its `{names}` filled in. Raises KeyError for an unknown key."""
    sentence = WORDS[key].in_(language)
    return sentence.format(**values) if values else sentence
